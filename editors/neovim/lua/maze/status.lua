--- How the server is: what it last said, kept so that a statusline can read it at any time.

local M = {}

---@class maze.Status
---@field kind 'off'|'ready'|'busy'|'starting'|'paused'|'warning'|'error'
---@field message string one sentence for a person; may be empty
---@field level? string the scope that the newest suggestion is known to parse in
---@field engine? { kind: string, url: string?, model: string?, installed: boolean? }
---@field generating? string progress of the generation that runs

---@type table<integer, maze.Status> by client
local of_client = {}

local problem ---@type string? why no server runs

---@type table<integer, string> by client: the error that was told, until all is well again
local told = {}

local NO_ENGINE = 'no engine yet; :Maze install gets one, or set engineUrl'

local OFF = { kind = 'off', message = '' }

--- The statusline is drawn anew, and `User MazeStatus` fires for plugins that draw another.
function M.changed()
  vim.schedule(function()
    vim.cmd.redrawstatus({ bang = true })
    vim.api.nvim_exec_autocmds('User', { pattern = 'MazeStatus', modeline = false })
  end)
end

--- Handler of `maze/status`.
---@param params maze.Status
---@param ctx lsp.HandlerContext
function M.received(_, params, ctx)
  local known = of_client[ctx.client_id]
  local function text(value)
    return type(value) == 'string' and value or nil
  end
  local now = {
    kind = text(params.kind) or 'ready',
    message = text(params.message) or '',
    level = text(params.level),
    engine = type(params.engine) == 'table' and params.engine or known and known.engine,
  }
  of_client[ctx.client_id] = now
  if now.engine and now.engine.installed == false then
    -- Whatever else it says comes of that.
    require('maze.notify').warn_once(NO_ENGINE)
  elseif now.kind == 'ready' then
    told[ctx.client_id] = nil
  elseif now.kind == 'error' and told[ctx.client_id] ~= now.message then
    told[ctx.client_id] = now.message
    require('maze.notify').warn(now.message)
  end
  M.changed()
end

---@param client vim.lsp.Client
function M.started(client)
  problem = nil
  of_client[client.id] = of_client[client.id] or { kind = 'ready', message = '' }
  M.changed()
end

---@param client_id integer
function M.gone(client_id)
  of_client[client_id] = nil
  told[client_id] = nil
  M.changed()
end

---@param message string? why no server can be started
function M.problem(message)
  problem = message
  M.changed()
end

--- How the server of a buffer is.
---@param bufnr? integer
---@return maze.Status
function M.get(bufnr)
  bufnr = bufnr or vim.api.nvim_get_current_buf()
  local client = require('maze.client').of(bufnr)
  if not client then
    local wanted =
      vim.list_contains(require('maze.config').options.filetypes, vim.bo[bufnr].filetype)
    return problem and wanted and { kind = 'error', message = problem } or OFF
  end
  local status = vim.deepcopy(of_client[client.id] or { kind = 'ready', message = '' })
  status.generating = require('maze.generate').progress(bufnr)
  if not require('maze.pause').automatic() and status.kind ~= 'error' then
    status.kind = 'paused'
  end
  return status
end

local words = {
  ready = 'Maze',
  busy = 'Maze …',
  starting = 'Maze starting',
  paused = 'Maze paused',
  warning = 'Maze !',
  error = 'Maze error',
}

--- The status in a word or two; empty where no server is attached.
---@return string
function M.line()
  local status = M.get()
  if status.generating then
    return 'Maze ' .. status.generating
  end
  return words[status.kind] or ''
end

return M
