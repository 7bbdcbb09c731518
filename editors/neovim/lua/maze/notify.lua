--- Messages to a person, all under one name.

local M = {}

local SAME_MS = 2000

local last, last_at = '', 0

---@param message string
---@param level? integer
local function show(message, level)
  last, last_at = message, vim.uv.now()
  vim.notify('Maze: ' .. message, level or vim.log.levels.INFO, { title = 'Maze' })
end

--- The same within moments is said once: the server's status, its message and its answer to a
--- request may all hold one sentence.
---@param message string
---@param level? integer of vim.log.levels; INFO by default
function M.say(message, level)
  if message ~= last or vim.uv.now() - last_at >= SAME_MS then
    show(message, level)
  end
end

--- What a person asked for is said, whatever was said before.
---@param message string
function M.answer(message)
  show(message)
end

---@param message string
function M.warn(message)
  M.say(message, vim.log.levels.WARN)
end

local levels = { vim.log.levels.ERROR, vim.log.levels.WARN } -- by LSP's MessageType

--- Shows a `window/showMessage` of the server under our name.
---@param params lsp.ShowMessageParams
function M.shown(_, params)
  local level = levels[params.type] or vim.log.levels.INFO
  M.say((params.message:gsub('^Maze: ', '')), level)
end

local said = {} ---@type table<string, true>

--- As `warn`, but each message only once in a session.
---@param message string
function M.warn_once(message)
  if not said[message] then
    said[message] = true
    M.warn(message)
  end
end

return M
