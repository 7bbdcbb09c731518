--- Maze in Neovim: suggestions that parse in place, from the language server `maze lsp`.
--- This is all of the public face; `:help maze` describes it.

local M = {}

local set_up = false

---@return boolean
function M.is_set_up()
  return set_up
end

--- Start to suggest in buffers of the languages that Maze knows.
---@param given? table options; see |maze-options|
function M.setup(given)
  local notify = require('maze.notify')
  if vim.fn.has('nvim-0.11') == 0 then
    notify.warn('Neovim 0.11 or newer is needed')
    return
  end
  local config = require('maze.config')
  config.options, config.problems = config.resolve(given)
  for _, problem in ipairs(config.problems) do
    notify.warn(problem)
  end
  set_up = true
  require('maze.generate').watch()
  require('maze.client').enable()
end

--- Accept the whole suggestion.
---@return boolean accepted false when nothing is shown
function M.accept()
  return require('maze.suggestion').accept('all')
end

--- Accept the suggestion's next word.
---@return boolean
function M.accept_word()
  return require('maze.suggestion').accept('word')
end

--- Accept the suggestion's next line.
---@return boolean
function M.accept_line()
  return require('maze.suggestion').accept('line')
end

--- Show the next candidate; asks for some where none are shown.
---@return boolean
function M.next()
  return require('maze.suggestion').cycle(1)
end

--- Show the candidate before.
---@return boolean
function M.previous()
  return require('maze.suggestion').cycle(-1)
end

--- Take the suggestion away.
---@return boolean
function M.dismiss()
  return require('maze.suggestion').dismiss()
end

--- What is suggested at the cursor.
---@return string?
function M.suggestion()
  return require('maze.suggestion').text()
end

--- Generate what the code at the cursor lacks.
---@param options? maze.GenerateOptions
function M.generate(options)
  require('maze.generate').start(options)
end

--- Cancel a generation.
---@return boolean
function M.cancel()
  return require('maze.generate').cancel()
end

--- Switch automatic suggestions off.
function M.pause()
  require('maze.pause').pause()
end

--- Switch automatic suggestions on.
function M.resume()
  require('maze.pause').resume()
end

--- For a statusline: the status in a word or two, empty where no server is attached.
---@return string
function M.status()
  return require('maze.status').line()
end

--- The status with all that is known of it.
---@return maze.Status
function M.state()
  return require('maze.status').get()
end

return M
