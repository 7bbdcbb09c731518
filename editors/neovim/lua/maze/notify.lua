--- Messages to a person, all under one name.

local M = {}

---@param message string
---@param level? integer of vim.log.levels; INFO by default
function M.say(message, level)
  vim.notify('Maze: ' .. message, level or vim.log.levels.INFO, { title = 'Maze' })
end

---@param message string
function M.warn(message)
  M.say(message, vim.log.levels.WARN)
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
