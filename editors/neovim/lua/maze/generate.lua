--- Generating code: which kind fits the cursor, starting it, its progress, and cancelling it.

local notify = require('maze.notify')

local M = {}

M.COMMAND = 'maze.generate'

--- What can be asked for by name.
M.KINDS = { 'implement', 'write', 'regenerate', 'repair', 'test', 'document' }

---@class maze.Generation
---@field client vim.lsp.Client
---@field bufnr integer
---@field token string of its progress
---@field progress string

---@type table<string, maze.Generation> by progress token
local running = {}

local count = 0

---@param bufnr integer
---@return maze.Generation?
local function running_in(bufnr)
  for _, generation in pairs(running) do
    if generation.bufnr == bufnr then
      return generation
    end
  end
end

--- Whether a generation streams into a buffer.
---@param bufnr integer
---@return boolean
function M.runs_in(bufnr)
  return next(running) ~= nil and running_in(bufnr) ~= nil
end

--- How far the generation in a buffer is, in a word or two.
---@param bufnr integer
---@return string?
function M.progress(bufnr)
  local generation = next(running) and running_in(bufnr)
  return generation and generation.progress or nil
end

---@param token string
local function ended(token)
  running[token] = nil
  require('maze.status').changed()
end

--- A server is gone, and what it generated stays as it is.
---@param client_id integer
function M.gone(client_id)
  for token, generation in pairs(running) do
    if generation.client.id == client_id then
      ended(token)
      notify.warn('the language server ended while it generated; what it wrote is one undo step')
    end
  end
end

---@param client vim.lsp.Client
---@param command lsp.Command
---@param bufnr integer
local function run(client, command, bufnr)
  count = count + 1
  local token = ('maze-generation-%d-%d'):format(client.id, count)
  running[token] = { client = client, bufnr = bufnr, token = token, progress = 'generating' }
  require('maze.suggestion').clear(bufnr)
  require('maze.status').changed()
  local params = {
    command = command.command,
    arguments = command.arguments,
    workDoneToken = token,
  }
  client:request('workspace/executeCommand', params, function(err, result)
    ended(token)
    if err then
      notify.warn(err.message)
    elseif
      type(result) == 'table'
      and type(result.message) == 'string'
      and result.message ~= ''
    then
      notify.say(result.message, result.applied and vim.log.levels.INFO or vim.log.levels.WARN)
    end
  end, bufnr)
end

--- Neovim's handler of the command, from whichever menu it comes.
---@param command lsp.Command
---@param ctx lsp.HandlerContext
function M.command(command, ctx)
  local client = vim.lsp.get_client_by_id(ctx.client_id)
  local uri = vim.tbl_get(command, 'arguments', 1, 'uri')
  local bufnr = uri and vim.uri_to_bufnr(uri) or ctx.bufnr or vim.api.nvim_get_current_buf()
  if not client then
    return
  end
  if M.runs_in(bufnr) then
    notify.warn('something is being generated here already; :Maze cancel ends it')
    return
  end
  run(client, command, bufnr)
end

---@param client vim.lsp.Client
---@param action lsp.CodeAction
---@param bufnr integer
---@param use fun(command: lsp.Command)
local function resolve(client, action, bufnr, use)
  if action.command then
    use(action.command)
    return
  end
  client:request('codeAction/resolve', action, function(err, resolved)
    if err or type(resolved) ~= 'table' or type(resolved.command) ~= 'table' then
      notify.warn(err and err.message or 'the server has changed its mind; ask again')
    else
      use(resolved.command)
    end
  end, bufnr)
end

---@param action lsp.CodeAction
---@return string?
local function kind_of(action)
  local given = vim.tbl_get(action, 'data', 'kind')
  return given or vim.tbl_get(action, 'command', 'arguments', 1, 'kind')
end

---@class maze.GenerateOptions
---@field kind? string one of `KINDS`; nil takes what fits best
---@field pick? boolean choose from a menu
---@field range? { [1]: integer, [2]: integer } first and last line; nil takes the cursor

---@param client vim.lsp.Client
---@param range? { [1]: integer, [2]: integer }
---@return lsp.CodeActionParams
local function action_params(client, range)
  local params
  if range then
    local last = vim.fn.getline(range[2])
    params = vim.lsp.util.make_given_range_params(
      { range[1], 0 },
      { range[2], math.max(#last - 1, 0) },
      0,
      client.offset_encoding
    )
  else
    params = vim.lsp.util.make_range_params(0, client.offset_encoding)
  end
  params.context = { diagnostics = {}, triggerKind = 1 }
  return params
end

--- Generate what the code at the cursor lacks.
---@param options? maze.GenerateOptions
function M.start(options)
  options = options or {}
  local bufnr = vim.api.nvim_get_current_buf()
  local client = require('maze.client').of(bufnr)
  if not client then
    notify.warn('no language server is attached here; see :checkhealth maze')
    return
  end
  if not client:supports_method('textDocument/codeAction', bufnr) then
    notify.warn('this server can not generate; install a newer one')
    return
  end
  local function use(action)
    resolve(client, action, bufnr, function(command)
      client:exec_cmd(command, { bufnr = bufnr })
    end)
  end
  client:request(
    'textDocument/codeAction',
    action_params(client, options.range),
    function(err, found)
      local actions = vim.tbl_filter(function(action)
        return not options.kind or kind_of(action) == options.kind
      end, found or {})
      if err then
        notify.warn(err.message)
      elseif #actions == 0 then
        local what = options.kind and ('to %s'):format(options.kind) or 'to generate'
        notify.say(('nothing %s here'):format(what))
      elseif options.pick then
        vim.ui.select(actions, {
          prompt = 'Maze:',
          kind = 'maze.generate',
          format_item = function(action)
            return action.title
          end,
        }, function(action)
          if action then
            use(action)
          end
        end)
      else
        use(actions[1])
      end
    end,
    bufnr
  )
end

--- Cancel the generation of the current buffer, or else all.
---@return boolean cancelled whether there was one
function M.cancel()
  local here = running_in(vim.api.nvim_get_current_buf())
  local chosen = here and { here } or vim.tbl_values(running)
  for _, generation in ipairs(chosen) do
    ---@diagnostic disable-next-line: param-type-mismatch
    generation.client:notify('window/workDoneProgress/cancel', { token = generation.token })
  end
  return #chosen > 0
end

--- Listen to the progress of generations.
function M.watch()
  vim.api.nvim_create_autocmd('LspProgress', {
    group = vim.api.nvim_create_augroup('maze.generate', { clear = true }),
    desc = 'Maze: progress of generations, for the status',
    callback = function(args)
      local params = args.data.params
      local generation = running[params.token]
      local value = params.value
      if generation and type(value) == 'table' and type(value.message) == 'string' then
        generation.progress = value.message
        require('maze.status').changed()
      end
    end,
  })
end

return M
