--- Messages to a person, all under one name.

local M = {}

local SAME_MS = 2000

local last, last_at = '', 0

---@param message string
---@param level? integer
local function show(message, level)
  last, last_at = message, vim.uv.now()
  vim.notify('Maze: ' .. message, level or vim.log.levels.INFO, { title = 'Maze' })
end

--- Whether messages are shown in Neovim's last line, and no plugin has taken them over.
---@return boolean
local function in_last_line()
  return vim.startswith(debug.getinfo(vim.notify, 'S').source, '@vim/')
end

--- As `show`, but what does not fit into the last line is cut there: for the rest of it Neovim would
--- have somebody who types wait and press a key.
---@param message string
---@param level? integer
local function show_in_passing(message, level)
  if not in_last_line() then
    show(message, level)
    return
  end
  local text = message:gsub('%s*\n%s*', ' ')
  local room = vim.v.echospace - #'Maze: '
  if vim.api.nvim_strwidth(text) > room then
    local more = ' … (:Maze message)'
    room = math.max(room - vim.api.nvim_strwidth(more), 0)
    while vim.api.nvim_strwidth(text) > room do
      text = vim.fn.strcharpart(text, 0, vim.fn.strcharlen(text) - 1)
    end
    text = text .. more
  end
  show(text, level)
  last = message
end

--- The same within moments is said once: the server's status, its message and its answer to a
--- request may all hold one sentence.
---@param message string
---@param level? integer of vim.log.levels; INFO by default
function M.say(message, level)
  if message ~= last or vim.uv.now() - last_at >= SAME_MS then
    show_in_passing(message, level)
  end
end

--- What a person asked for is said, whatever was said before.
---@param message string
function M.answer(message)
  show(message)
end

---@param message string
function M.warn(message)
  M.say(message, vim.log.levels.WARN)
end

--- The newest message, all of it.
---@return string
function M.newest()
  return last
end

local levels = { vim.log.levels.ERROR, vim.log.levels.WARN } -- by LSP's MessageType

--- Shows a `window/showMessage` of the server under our name.
---@param params lsp.ShowMessageParams
function M.shown(_, params)
  local level = levels[params.type] or vim.log.levels.INFO
  M.say((params.message:gsub('^Maze: ', '')), level)
end

local said = {} ---@type table<string, true>

--- As `warn`, but each message only once in a session.
---@param message string
function M.warn_once(message)
  if not said[message] then
    said[message] = true
    M.warn(message)
  end
end

return M
