--- The connection to the language server: how it is started, what we tell it of ourselves, and what
--- happens when it attaches to a buffer.

local config = require('maze.config')
local notify = require('maze.notify')

local M = {}

M.NAME = 'maze'

--- Our client of a buffer.
---@param bufnr? integer
---@return vim.lsp.Client?
function M.of(bufnr)
  return vim.lsp.get_clients({ bufnr = bufnr or vim.api.nvim_get_current_buf(), name = M.NAME })[1]
end

--- All our clients; one per project.
---@return vim.lsp.Client[]
function M.all()
  return vim.lsp.get_clients({ name = M.NAME })
end

---@return lsp.ClientCapabilities
local function capabilities()
  local known = vim.lsp.protocol.make_client_capabilities()
  -- Neovim 0.11 has no inline completion; ours stands in for it.
  known.textDocument.inlineCompletion = known.textDocument.inlineCompletion
    or { dynamicRegistration = false }
  known.experimental = vim.tbl_deep_extend('force', known.experimental or {}, {
    maze = { status = true, edit = true },
  })
  return known
end

--- Neovim asks this for every buffer of one of our file types; without an answer nothing starts.
---@param bufnr integer
---@param on_dir fun(root?: string)
local function root_dir(bufnr, on_dir)
  if vim.bo[bufnr].buftype ~= '' then
    return
  end
  local root = vim.fs.root(bufnr, config.options.root_markers)
  local found = require('maze.server').find(config.options.cmd, root)
  if found.cmd then
    on_dir(root)
  else
    require('maze.status').problem(found.problem)
    notify.warn_once(found.problem)
  end
end

---@param dispatchers vim.lsp.rpc.Dispatchers
---@param started? vim.lsp.ClientConfig given by Neovim 0.12
---@return vim.lsp.rpc.PublicClient
local function start(dispatchers, started)
  local root = started and started.root_dir or nil
  local found = require('maze.server').find(config.options.cmd, root)
  if not found.cmd then
    error(found.problem, 0)
  end
  if type(found.cmd) == 'function' then
    return found.cmd(dispatchers)
  end
  return vim.lsp.rpc.start(found.cmd, dispatchers)
end

---@param client vim.lsp.Client
---@param bufnr integer
local function attached(client, bufnr)
  require('maze.ghost').attach(client, bufnr)
  require('maze.keys').attach(bufnr)
  vim.api.nvim_create_autocmd('LspDetach', {
    group = vim.api.nvim_create_augroup('maze.detach.' .. bufnr, { clear = true }),
    buffer = bufnr,
    desc = 'Maze: leave the buffer as it was',
    callback = function(args)
      if args.data.client_id == client.id then
        require('maze.ghost').detach(bufnr)
        require('maze.keys').detach(bufnr)
        return true -- once
      end
    end,
  })
end

---@param code integer
---@param signal integer
---@param client_id integer
local function exited(code, signal, client_id)
  vim.schedule(function()
    require('maze.status').gone(client_id)
    require('maze.generate').gone(client_id)
    if code ~= 0 and signal == 0 then
      notify.warn(('the language server ended with code %d; see :Maze log'):format(code))
    end
  end)
end

--- Have Neovim start the server for buffers of our file types, those that are open included.
function M.enable()
  vim.lsp.config(M.NAME, {
    cmd = start,
    filetypes = config.options.filetypes,
    root_dir = root_dir,
    capabilities = capabilities(),
    init_options = vim.tbl_isempty(config.options.settings) and vim.empty_dict()
      or config.options.settings,
    -- Each change at once: a generation is streamed against the newest version.
    flags = { debounce_text_changes = 0 },
    handlers = {
      ['maze/status'] = require('maze.status').received,
      ['maze/edit'] = require('maze.edit').requested,
      ['window/showMessage'] = notify.shown,
    },
    commands = { ['maze.generate'] = require('maze.generate').command },
    on_init = function(client)
      require('maze.requests').watch(client)
      require('maze.status').started(client)
    end,
    on_attach = attached,
    on_exit = exited,
  })
  vim.lsp.enable(M.NAME)
end

--- Once all `clients` have ended, call `after`; those that take too long are killed.
---@param clients vim.lsp.Client[]
---@param after fun()
---@param patience? integer milliseconds left
local function when_ended(clients, after, patience)
  patience = patience or 3000
  local running = vim.iter(clients):any(function(client)
    return not client:is_stopped()
  end)
  if not running then
    after()
    return
  end
  if patience == 0 then
    for _, client in ipairs(clients) do
      client:stop(true)
    end
  end
  vim.defer_fn(function()
    when_ended(clients, after, patience - 50)
  end, 50)
end

--- End all servers and start them again where they are wanted.
function M.restart()
  local clients = M.all()
  vim.lsp.enable(M.NAME, false)
  for _, client in ipairs(clients) do
    client:stop()
  end
  when_ended(clients, M.enable)
end

return M
