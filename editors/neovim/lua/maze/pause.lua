--- Whether suggestions come by themselves. They can always be asked for.

local M = {}

local paused ---@type boolean? nil until somebody says

---@return boolean
function M.automatic()
  if paused == nil then
    return require('maze.config').options.automatic
  end
  return not paused
end

---@param command 'maze.pause'|'maze.resume'
local function tell_servers(command)
  for _, client in ipairs(require('maze.client').all()) do
    if require('maze.commands').knows(client, command) then
      client:exec_cmd({ title = command, command = command }, {}, function() end)
    end
  end
end

--- Switch automatic suggestions off.
function M.pause()
  paused = true
  require('maze.suggestion').clear()
  tell_servers('maze.pause')
  require('maze.status').changed()
end

--- Switch automatic suggestions on.
function M.resume()
  paused = false
  tell_servers('maze.resume')
  require('maze.status').changed()
end

--- The one or the other.
function M.toggle()
  if M.automatic() then
    M.pause()
  else
    M.resume()
  end
end

return M
