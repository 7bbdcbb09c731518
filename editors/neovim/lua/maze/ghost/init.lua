--- Ghost text in a buffer: which way it is drawn, and when it is asked for and taken away.

local config = require('maze.config')
local menu = require('maze.menu')
local requests = require('maze.requests')
local suggestion = require('maze.suggestion')

local M = {}

---@return 'native'|'own'
function M.kind()
  local wanted = config.options.ghost_text
  local native = require('maze.ghost.native').available()
  return wanted ~= 'own' and native and 'native' or 'own'
end

---@param bufnr integer
---@return string
local function group_name(bufnr)
  return 'maze.ghost.' .. bufnr
end

--- Have suggestions make room for completion menus, and come back when these are gone.
---@param open boolean
local function make_room(open)
  local bufnr = vim.api.nvim_get_current_buf()
  local client = require('maze.client').of(bufnr)
  if not client or config.options.with_menu then
    return
  end
  if open then
    requests.cancel(client, bufnr)
    suggestion.clear(bufnr)
  elseif vim.api.nvim_get_mode().mode:match('^[iR]') then
    requests.ask(client, requests.AUTOMATIC)
  end
end

--- Begin to show suggestions in a buffer.
---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  local kind = M.kind()
  local way = require('maze.ghost.' .. kind)
  suggestion.view = way
  local group = vim.api.nvim_create_augroup(group_name(bufnr), { clear = true })
  vim.api.nvim_create_autocmd({ 'CursorMovedI', 'TextChangedI', 'TextChangedP' }, {
    group = group,
    buffer = bufnr,
    desc = 'Maze: what is suggested goes along with what is typed',
    callback = function()
      suggestion.track(bufnr)
    end,
  })
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave', 'BufUnload' }, {
    group = group,
    buffer = bufnr,
    desc = 'Maze: nothing is suggested outside of insert mode',
    callback = function()
      requests.cancel(client, bufnr)
      suggestion.clear(bufnr)
    end,
  })
  way.attach(client, bufnr, group)
  if not config.options.with_menu then
    menu.watch(make_room)
  end
  -- Who began to type before the server was there waits already.
  vim.defer_fn(function()
    local here = vim.api.nvim_get_current_buf() == bufnr
    if here and vim.api.nvim_get_mode().mode:match('^[iR]') and not client:is_stopped() then
      requests.ask(client, requests.AUTOMATIC)
    end
  end, config.options.delay_ms)
end

--- Show no suggestions in a buffer any more.
---@param bufnr integer
function M.detach(bufnr)
  suggestion.clear(bufnr)
  pcall(vim.api.nvim_del_augroup_by_name, group_name(bufnr))
end

return M
