--- Ghost text by Neovim's own `vim.lsp.inline_completion` (0.12 and newer).
---
--- Neovim asks, waits and draws. It has no public way to say *what* is to be drawn, which is needed
--- for candidates and for accepting in parts; so the object that draws is reached through a module
--- that Neovim keeps to itself. Where that is not as we know it, own ghost text takes over.

local M = {}

---@return table? the class of the objects that draw
local function class()
  local there = pcall(require, 'vim.lsp.inline_completion')
  local ok, capability = pcall(require, 'vim.lsp._capability')
  local found = there
    and ok
    and type(capability.all) == 'table'
    and capability.all.inline_completion
  if type(found) == 'table' and type(found.active) == 'table' then
    local fit = type(found.select) == 'function' and type(found.hide) == 'function'
    return fit and found or nil
  end
end

--- Whether this Neovim has what is needed.
---@return boolean
function M.available()
  return class() ~= nil
end

---@param bufnr integer
---@return table?
local function completor(bufnr)
  local found = class()
  return found and found.active[bufnr]
end

--- How many items stand before those of a client.
---@param drawing table
---@param client_id integer
---@return integer
local function items_before(drawing, client_id)
  local count = 0
  for id, state in pairs(drawing.client_state) do
    if id < client_id then
      count = count + #(state.items or {})
    end
  end
  return count
end

---@param bufnr integer
---@param shown maze.Shown
function M.draw(bufnr, shown)
  local drawing = completor(bufnr)
  local state = drawing and drawing.client_state[shown.client.id]
  if not drawing or not state then
    return
  end
  -- Without a range Neovim draws between the text before and after the cursor, not over the latter.
  state.items = vim.tbl_map(function(candidate)
    return { insertText = candidate.text, command = candidate.command }
  end, shown.candidates)
  local index = items_before(drawing, shown.client.id) + shown.index
  drawing:select(index, #shown.candidates > 1)
end

---@param bufnr integer
---@param shown? maze.Shown
function M.erase(bufnr, shown)
  local drawing = completor(bufnr)
  if not drawing or not shown then
    return
  end
  local state = drawing.client_state[shown.client.id]
  if state then
    state.items = nil
  end
  if drawing.current and drawing.current.client_id == shown.client.id then
    drawing.current = nil
    drawing:hide()
  end
end

---@param bufnr integer
---@param shown maze.Shown
---@return integer?
function M.index(bufnr, shown)
  local drawing = completor(bufnr)
  local visible = drawing and drawing.current
  if not drawing or not visible or visible.client_id ~= shown.client.id then
    return nil
  end
  local index = visible._index - items_before(drawing, shown.client.id)
  return shown.candidates[index] and index or nil
end

---@return boolean
function M.foreign()
  return vim.lsp.inline_completion.get()
end

---@param client vim.lsp.Client
---@param bufnr integer
---@diagnostic disable-next-line: unused-local
function M.attach(client, bufnr)
  vim.lsp.inline_completion.enable(true, { bufnr = bufnr })
end

return M
