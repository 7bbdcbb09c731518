--- `:checkhealth maze`

local config = require('maze.config')

local M = {}

local health = vim.health

---@param cmd string[]
---@return string? version
---@return string? problem
local function version_of(cmd)
  local ok, process = pcall(vim.system, { cmd[1], '--version' }, { text = true, timeout = 20000 })
  if not ok then
    return nil, ('it can not be started (%s)'):format(process)
  end
  local done = process:wait()
  if done.code ~= 0 then
    return nil, ('`%s --version` ended with code %d'):format(cmd[1], done.code)
  end
  return vim.trim(done.stdout)
end

local function check_neovim()
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.11') == 0 then
    health.error(('Neovim %s is too old'):format(version), 'Install Neovim 0.11 or newer')
    return
  end
  health.ok('Neovim ' .. version)
  local native = require('maze.ghost.native').available()
  if require('maze.ghost').kind() == 'native' then
    health.ok("Ghost text: Neovim's own (vim.lsp.inline_completion)")
  elseif config.options.ghost_text == 'native' and not native then
    health.warn(
      "Ghost text: the plugin's own; this Neovim has none that can be used",
      "Set ghost_text to 'auto', or install Neovim 0.12"
    )
  else
    health.ok("Ghost text: the plugin's own")
  end
end

local function check_options()
  if not require('maze').is_set_up() then
    health.error('Not set up', "Call require('maze').setup() in your init.lua")
    return
  end
  if #config.problems == 0 then
    health.ok('Options make sense')
  end
  for _, problem in ipairs(config.problems) do
    health.warn('Options: ' .. problem)
  end
end

local function check_server()
  local found =
    require('maze.server').find(config.options.cmd, vim.fs.root(0, config.options.root_markers))
  if not found.cmd then
    health.error('Server: ' .. found.problem)
    return
  end
  if type(found.cmd) == 'function' then
    health.ok('Server: a connection that option cmd makes')
    return
  end
  local where = ('%s (%s)'):format(table.concat(found.cmd, ' '), found.where)
  if type(config.options.cmd) == 'table' then
    health.ok('Server: ' .. where)
    return
  end
  local version, problem = version_of(found.cmd)
  if version then
    health.ok(('Server: %s, %s'):format(version, where))
  else
    health.error(
      ('Server: %s: %s'):format(where, problem),
      'Install it anew; see :help maze-install'
    )
  end
end

---@param client vim.lsp.Client
local function check_engine(client)
  local response = client:request_sync('maze/status', vim.empty_dict(), 5000, 0)
  local told = response and response.result
  if type(told) ~= 'table' then
    health.warn('Engine: the server does not answer', ':Maze restart')
    return
  end
  local engine = type(told.engine) == 'table' and told.engine or {}
  local parts = { tostring(engine.kind or 'unknown') }
  for _, more in ipairs({ engine.model, engine.url }) do
    if type(more) == 'string' then
      table.insert(parts, more)
    end
  end
  if engine.installed == false then
    health.error(
      'Engine: none is installed',
      ':Maze install gets one; or set engineUrl in settings'
    )
  else
    health.ok('Engine: ' .. table.concat(parts, ', '))
  end
  if type(told.problems) == 'table' then
    for _, problem in ipairs(told.problems) do
      health.warn('Settings: ' .. problem)
    end
  end
end

local function check_clients()
  local clients = require('maze.client').all()
  if #clients == 0 then
    health.info(
      'No server runs; it starts with the first file of: '
        .. table.concat(config.options.filetypes, ', ')
    )
  end
  for _, client in ipairs(clients) do
    local told = client.server_info or {}
    local buffers = vim.tbl_count(client.attached_buffers)
    local root = client.root_dir or 'a single file'
    health.ok(
      ('Client %d: server %s, %d buffer(s), %s'):format(
        client.id,
        told.version or '?',
        buffers,
        root
      )
    )
    check_engine(client)
  end
  local status = require('maze.status')
  for _, client in ipairs(clients) do
    local bufnr = next(client.attached_buffers)
    local now = bufnr and status.get(bufnr)
    if now and now.kind == 'error' then
      health.error('Status: ' .. now.message)
    elseif now and now.kind == 'warning' then
      health.warn('Status: ' .. now.message)
    elseif now then
      health.ok('Status: ' .. now.kind)
    end
  end
end

local function check_keys()
  local clients = require('maze.client').all()
  local bufnr = clients[1] and next(clients[1].attached_buffers)
  if not bufnr then
    health.info('Keys are mapped once a server is attached')
    return
  end
  for _, report in ipairs(require('maze.keys').report(bufnr)) do
    local what = ('%s: %s'):format(report.name, report.key)
    if report.state == 'taken' then
      health.warn(
        ('%s was mapped anew afterwards: %s'):format(what, report.other),
        ('Choose another key in option keys.%s'):format(report.name)
      )
    elseif report.state == 'shared' then
      health.ok(('%s; with nothing shown: %s'):format(what, report.other))
    else
      health.ok(what)
    end
  end
end

--- Called by Neovim.
function M.check()
  health.start('Maze: Neovim')
  check_neovim()
  check_options()
  health.start('Maze: language server')
  check_server()
  check_clients()
  health.start('Maze: keys')
  check_keys()
end

return M
