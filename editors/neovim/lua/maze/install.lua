--- `:Maze install`: the server's program installs the embedded engine, in a terminal where all of it
--- can be seen.

local config = require('maze.config')
local notify = require('maze.notify')

local M = {}

--- The command with which the server is started, with `setup` in the place of `lsp`.
---@return string[]?
---@return string? problem
local function command()
  local root = vim.fs.root(0, config.options.root_markers)
  local found = require('maze.server').find(config.options.cmd, root)
  if found.problem then
    return nil, found.problem
  end
  local cmd = found.cmd
  for i, word in ipairs(type(cmd) == 'table' and cmd or {}) do
    if word == 'lsp' then
      return vim.list_extend(vim.list_slice(cmd, 1, i - 1), { 'setup' })
    end
  end
  return nil, 'option cmd does not say where the program is; run `maze setup` yourself'
end

--- Install the embedded engine; once it is there, the server is started anew.
function M.start()
  local cmd, problem = command()
  if not cmd then
    notify.warn(problem or '')
    return
  end
  vim.cmd('botright 12new')
  vim.fn.jobstart(cmd, {
    term = true,
    on_exit = function(_, code)
      if code == 0 then
        notify.say('the embedded engine is installed')
        require('maze.client').restart()
      else
        notify.warn('`maze setup` failed; its terminal says why')
      end
    end,
  })
  vim.cmd('normal! G') -- its end stays in sight
  vim.cmd('wincmd p')
end

return M
