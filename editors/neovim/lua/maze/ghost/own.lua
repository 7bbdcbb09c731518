--- Own ghost text, for Neovim without inline completion: asks when the keys rest, and draws with
--- extmarks what the text would look like.

local requests = require('maze.requests')
local suggestion = require('maze.suggestion')

local M = {}

local namespace = vim.api.nvim_create_namespace('maze')

local timer ---@type uv.uv_timer_t?

--- Tabs as blanks, since virtual text does not line them up.
---@param text string
---@param column integer display column that it begins at
---@param tabstop integer
---@return string
local function expanded(text, column, tabstop)
  return (
    text:gsub('([^\t]*)\t', function(before)
      column = column + vim.api.nvim_strwidth(before)
      local width = tabstop - column % tabstop
      column = column + width
      return before .. (' '):rep(width)
    end)
  )
end

--- The ghost text's lines. More than one push the text after the cursor down to the last; there it
--- is drawn again, and blanks cover it where it stands.
---@param bufnr integer
---@param shown maze.Shown
---@return { [1]: string, [2]: string }[][]
local function ghost_lines(bufnr, shown)
  local tabstop = vim.bo[bufnr].tabstop
  local column = vim.api.nvim_strwidth(expanded(shown.before, 0, tabstop))
  local lines = {}
  for i, text in ipairs(vim.split(shown.candidates[shown.index].text, '\n', { plain = true })) do
    lines[i] = { { expanded(text, i == 1 and column or 0, tabstop), 'MazeGhost' } }
  end
  if #lines > 1 and shown.after ~= '' then
    local covered = vim.api.nvim_strwidth(expanded(shown.after, column, tabstop))
    local missing = covered - vim.api.nvim_strwidth(lines[1][1][1])
    if missing > 0 then
      table.insert(lines[1], { (' '):rep(missing), 'Normal' })
    end
    local width = vim.api.nvim_strwidth(lines[#lines][1][1])
    table.insert(lines[#lines], { expanded(shown.after, width, tabstop), 'Normal' })
  end
  if #shown.candidates > 1 then
    local count = (' (%d/%d)'):format(shown.index, #shown.candidates)
    table.insert(lines[#lines], { count, 'MazeGhostCount' })
  end
  return lines
end

---@param bufnr integer
---@param shown maze.Shown
function M.draw(bufnr, shown)
  M.erase(bufnr)
  local lines = ghost_lines(bufnr, shown)
  local covers = #lines > 1 and shown.after ~= ''
  vim.api.nvim_buf_set_extmark(bufnr, namespace, shown.row, shown.col, {
    virt_text = lines[1],
    virt_text_pos = covers and 'overlay' or 'inline',
    virt_lines = #lines > 1 and vim.list_slice(lines, 2) or nil,
    hl_mode = covers and 'replace' or 'combine',
  })
end

---@param bufnr integer
function M.erase(bufnr)
  vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
end

---@param shown maze.Shown
---@return integer
function M.index(_, shown)
  return shown.index
end

---@return boolean
function M.foreign()
  return false
end

local function stop()
  if timer then
    timer:stop()
  end
end

---@param client vim.lsp.Client
---@param bufnr integer
local function ask_later(client, bufnr)
  timer = timer or assert(vim.uv.new_timer())
  timer:stop()
  local delay_ms = require('maze.config').options.delay_ms
  timer:start(
    delay_ms,
    0,
    vim.schedule_wrap(function()
      local here = vim.api.nvim_get_current_buf() == bufnr
      if here and vim.api.nvim_get_mode().mode:match('^[iR]') and not client:is_stopped() then
        requests.ask(client, requests.AUTOMATIC)
      end
    end)
  )
end

---@param client vim.lsp.Client
---@param bufnr integer
---@param group integer
function M.attach(client, bufnr, group)
  vim.api.nvim_set_hl(0, 'MazeGhost', { link = 'Comment', default = true })
  vim.api.nvim_set_hl(0, 'MazeGhostCount', { link = 'NonText', default = true })
  vim.api.nvim_create_autocmd({ 'InsertEnter', 'CursorMovedI', 'TextChangedI', 'TextChangedP' }, {
    group = group,
    buffer = bufnr,
    desc = 'Maze: ask for suggestions when the keys rest',
    callback = function()
      if not suggestion.fits(bufnr) then
        ask_later(client, bufnr)
      end
    end,
  })
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave' }, {
    group = group,
    buffer = bufnr,
    desc = 'Maze: nobody waits for suggestions any more',
    callback = stop,
  })
end

return M
