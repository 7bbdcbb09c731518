--- Handler of `maze/edit`: one piece of a generation goes into its buffer.
---
--- All pieces are one undo step, apart from what the person did before and does after. Only where the
--- person edits elsewhere meanwhile are there several, since joining would take their edit back too.

local M = {}

---@class maze.EditParams
---@field id string
---@field uri string
---@field version integer
---@field edits lsp.TextEdit[]
---@field first boolean
---@field last boolean

---@type table<string, integer> by generation: the change that was its newest piece
local newest_change = {}

---@param bufnr integer
local function break_undo(bufnr)
  -- Setting 'undolevels', to whatever value, ends an undo step.
  vim.bo[bufnr].undolevels = vim.bo[bufnr].undolevels
end

---@param bufnr integer
---@param params maze.EditParams
---@param encoding 'utf-8'|'utf-16'|'utf-32'
local function apply(bufnr, params, encoding)
  local join = newest_change[params.id] == vim.api.nvim_buf_get_changedtick(bufnr)
  vim.api.nvim_buf_call(bufnr, function()
    if join then
      -- Fails when the person has just undone something; then there is nothing to join.
      pcall(vim.cmd.undojoin)
    else
      break_undo(bufnr)
    end
    vim.lsp.util.apply_text_edits(params.edits, bufnr, encoding)
  end)
  newest_change[params.id] = vim.api.nvim_buf_get_changedtick(bufnr)
end

---@param params maze.EditParams
---@param ctx lsp.HandlerContext
---@return { applied: boolean }
function M.requested(_, params, ctx)
  local bufnr = vim.uri_to_bufnr(params.uri)
  local client = vim.lsp.get_client_by_id(ctx.client_id)
  local same = vim.api.nvim_buf_is_loaded(bufnr)
    and vim.bo[bufnr].modifiable
    and vim.lsp.util.buf_versions[bufnr] == params.version
  if client and same and #params.edits > 0 then
    require('maze.suggestion').clear(bufnr)
    apply(bufnr, params, client.offset_encoding)
  end
  if params.last then
    newest_change[params.id] = nil
    if vim.api.nvim_buf_is_loaded(bufnr) then
      break_undo(bufnr)
    end
  end
  return { applied = client ~= nil and (same or #params.edits == 0) }
end

return M
