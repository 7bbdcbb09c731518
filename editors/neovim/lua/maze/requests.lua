--- All inline completion requests to our server pass through here, Neovim's own and ours.
---
--- Neovim 0.12 shows whatever comes back and cancels nothing. So: an older request of the buffer is
--- cancelled, none is sent that nobody waits for, and an answer counts only where it was asked for.
--- Answers go to `maze.suggestion`, which draws them by whichever means there is.

local M = {}

M.METHOD = 'textDocument/inlineCompletion'
-- InlineCompletionTriggerKind, which Neovim 0.11 does not list.
M.INVOKED = 1
M.AUTOMATIC = 2

---@class maze.Pending
---@field id? integer
---@field invoked boolean
---@field place string

---@type table<integer, maze.Pending> by buffer
local pending = {}

---@type table<integer, string> by buffer: the place where suggestions were dismissed last
local dismissed = {}

--- What an answer depends on: the text and the cursor.
---@param bufnr integer
---@return string
local function place(bufnr)
  local tick = vim.api.nvim_buf_get_changedtick(bufnr)
  if vim.api.nvim_get_current_buf() ~= bufnr then
    return ('%d:elsewhere'):format(tick)
  end
  local cursor = vim.api.nvim_win_get_cursor(0)
  return ('%d:%d:%d'):format(tick, cursor[1], cursor[2])
end

--- Whether a request that nobody asked for is worth an answer.
---@param bufnr integer
---@return boolean
local function worth_asking(bufnr)
  if not require('maze.pause').automatic() or require('maze.generate').runs_in(bufnr) then
    return false
  end
  if dismissed[bufnr] == place(bufnr) or require('maze.menu').hides() then
    return false
  end
  local waiting = pending[bufnr]
  if waiting and waiting.invoked and waiting.place == place(bufnr) then
    return false
  end
  -- What is shown goes on as it was: typing it out loses no candidates.
  return not require('maze.suggestion').fits(bufnr)
end

--- The suggestions of an answer that go in at `position`, with Neovim's line breaks.
---@param result any as it came
---@param position lsp.Position
---@return lsp.InlineCompletionItem[]
function M.items(result, position)
  local items = {} ---@type lsp.InlineCompletionItem[]
  if type(result) ~= 'table' then
    return items
  end
  for _, item in ipairs(result.items or result) do
    local range = item.range or { start = position, ['end'] = position }
    local here = vim.deep_equal(range.start, position) and vim.deep_equal(range['end'], position)
    if here and type(item.insertText) == 'string' and item.insertText ~= '' then
      item.insertText = item.insertText:gsub('\r\n?', '\n')
      table.insert(items, item)
    end
  end
  return items
end

--- Have the requests of a client pass through here.
---@param client vim.lsp.Client
function M.watch(client)
  local send = client.request

  ---@diagnostic disable-next-line: duplicate-set-field
  function client:request(method, params, handler, bufnr)
    if method ~= M.METHOD or not handler then
      return send(self, method, params, handler, bufnr)
    end
    bufnr = vim.uri_to_bufnr(params.textDocument.uri)
    local invoked = params.context.triggerKind == M.INVOKED
    if not invoked and not worth_asking(bufnr) then
      return false
    end
    M.cancel(self, bufnr)
    local mine = { invoked = invoked, place = place(bufnr) } ---@type maze.Pending
    pending[bufnr] = mine
    local sent, id = send(self, method, params, function(err, result, ctx)
      if pending[bufnr] ~= mine then
        return
      end
      pending[bufnr] = nil
      if vim.api.nvim_buf_is_valid(bufnr) and place(bufnr) == mine.place then
        local items = M.items(result, params.position)
        require('maze.suggestion').arrived(bufnr, self, items, invoked)
      end
      handler(err, nil, ctx)
    end, bufnr)
    mine.id = id
    return sent, id
  end
end

--- Take back what is asked for a buffer.
---@param client vim.lsp.Client
---@param bufnr integer
function M.cancel(client, bufnr)
  local waiting = pending[bufnr]
  pending[bufnr] = nil
  if waiting and waiting.id and client.requests[waiting.id] then
    client:cancel_request(waiting.id)
  end
end

--- Ask for nothing more at this place of a buffer, unless somebody wants it.
---@param client vim.lsp.Client
---@param bufnr integer
function M.dismiss(client, bufnr)
  M.cancel(client, bufnr)
  -- A request may be about to be sent: Neovim waits for typing to rest.
  dismissed[bufnr] = place(bufnr)
end

--- Ask for suggestions at the cursor of the current window.
---@param client vim.lsp.Client
---@param kind integer `INVOKED` or `AUTOMATIC`
function M.ask(client, kind)
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  ---@cast params lsp.InlineCompletionParams
  params.context = { triggerKind = kind }
  client:request(M.METHOD, params, function() end)
end

return M
