--- The server's log, in a window.

local notify = require('maze.notify')

local M = {}

---@param lines string[]
---@param path string?
local function show(lines, path)
  local bufnr = vim.api.nvim_create_buf(false, true)
  local title = path and ('The whole log is in %s'):format(path) or 'The newest lines of the log'
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, vim.list_extend({ title, '' }, lines))
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].filetype = 'maze-log'
  vim.cmd.split()
  vim.api.nvim_win_set_buf(0, bufnr)
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr, desc = 'Close' })
  vim.api.nvim_win_set_cursor(0, { vim.api.nvim_buf_line_count(bufnr), 0 })
end

--- Open the log of the server: what it tells, or else what Neovim keeps of all servers.
function M.open()
  local client = require('maze.client').of() or require('maze.client').all()[1]
  local command = 'maze.log'
  if not client or not require('maze.commands').knows(client, command) then
    local path = vim.lsp.log.get_filename and vim.lsp.log.get_filename() or vim.lsp.get_log_path()
    if vim.fn.filereadable(path) == 1 then
      vim.cmd.split(vim.fn.fnameescape(path))
      vim.bo.readonly = true
    else
      notify.say('there is no log yet')
    end
    return
  end
  client:exec_cmd({ title = command, command = command }, {}, function(err, result)
    if err or type(result) ~= 'table' then
      notify.warn(err and err.message or 'the server told nothing; try :Maze restart')
      return
    end
    local path = type(result.path) == 'string' and result.path or nil
    show(result.lines or {}, path)
  end)
end

return M
