--- Commands of the server.

local M = {}

---@param client vim.lsp.Client
---@param command string
---@return boolean
function M.knows(client, command)
  local known = vim.tbl_get(client.server_capabilities, 'executeCommandProvider', 'commands')
  return vim.list_contains(known or {}, command)
end

return M
