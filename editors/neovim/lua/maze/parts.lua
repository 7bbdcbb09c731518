--- Beginnings of a suggestion, for accepting it part by part.

local M = {}

--- All of it.
---@param text string
---@return string
function M.all(text)
  return text
end

--- Its next word: a run of keyword characters or of others, with the blanks before it.
---@param text string
---@return string
function M.word(text)
  local word = vim.fn.matchstr(text, [[^\_s*\%(\k\+\|\%(\k\@!\S\)\+\)]])
  return word ~= '' and word or text
end

--- Its next line, without the line break that ends it.
---@param text string
---@return string
function M.line(text)
  return text:match('^\n*[^\n]*')
end

return M
