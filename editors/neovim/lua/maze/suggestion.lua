--- What is suggested in each buffer, and what becomes of it: typed along, accepted in whole or in
--- part, changed for another candidate, dismissed.
---
--- A suggestion is known to fit between the text before and after the cursor. When either changes in
--- any way other than typing the suggestion itself, it is gone at once.

local requests = require('maze.requests')
local parts = require('maze.parts')

local M = {}

---@class maze.Candidate
---@field text string what is left of it, to be inserted at the cursor
---@field command? lsp.Command run when all of it was accepted
---@field accepted integer characters of it that were accepted so far
---@field seen boolean whether the server was told that it is shown

---@class maze.Shown
---@field client vim.lsp.Client
---@field candidates maze.Candidate[]
---@field index integer of the one that is shown
---@field complete boolean whether these are all that can be had
---@field row integer of the cursor it is shown at, 0-based
---@field col integer in bytes
---@field before string the line's text before the cursor
---@field after string and after it
---@field lines integer in the whole buffer

---@type table<integer, maze.Shown>
local shown_in = {}

--- Draws suggestions; set by `maze.ghost`.
---@class maze.View
---@field draw fun(bufnr: integer, shown: maze.Shown)
---@field erase fun(bufnr: integer, shown?: maze.Shown)
---@field index fun(bufnr: integer, shown: maze.Shown): integer? of the candidate that is visible
---@field foreign fun(): boolean whether another server's suggestion was there, and was accepted
---@type maze.View
M.view = nil

---@param bufnr integer
---@param shown maze.Shown
local function anchor(bufnr, shown)
  local cursor = vim.api.nvim_win_get_cursor(0)
  local line = vim.api.nvim_get_current_line()
  shown.row, shown.col = cursor[1] - 1, cursor[2]
  shown.before, shown.after = line:sub(1, shown.col), line:sub(shown.col + 1)
  shown.lines = vim.api.nvim_buf_line_count(bufnr)
end

---@param shown maze.Shown
---@param candidate maze.Candidate
---@param kind 'shown'|'partly'|'dismissed'
local function tell(shown, candidate, kind)
  local id = candidate.command and vim.tbl_get(candidate.command, 'arguments', 1)
  if type(id) == 'string' and not shown.client:is_stopped() then
    ---@diagnostic disable-next-line: param-type-mismatch
    shown.client:notify('maze/feedback', { id = id, kind = kind, chars = candidate.accepted })
  end
end

---@param bufnr integer
---@param shown maze.Shown
local function draw(bufnr, shown)
  M.view.draw(bufnr, shown)
  local candidate = shown.candidates[shown.index]
  if not candidate.seen then
    candidate.seen = true
    tell(shown, candidate, 'shown')
  end
end

---@param bufnr integer
local function forget(bufnr)
  local shown = shown_in[bufnr]
  shown_in[bufnr] = nil
  if M.view and vim.api.nvim_buf_is_valid(bufnr) then
    M.view.erase(bufnr, shown)
  end
end

--- What was typed since the suggestion was drawn, if that is all that happened.
---@param bufnr integer
---@param shown maze.Shown
---@return string?
local function typed(bufnr, shown)
  if vim.api.nvim_get_current_buf() ~= bufnr then
    return nil
  end
  local cursor = vim.api.nvim_win_get_cursor(0)
  local row, col = cursor[1] - 1, cursor[2]
  local line = vim.api.nvim_get_current_line()
  local onwards = row > shown.row or row == shown.row and col >= shown.col
  if
    not onwards
    or vim.api.nvim_buf_line_count(bufnr) ~= shown.lines + row - shown.row
    or line:sub(col + 1) ~= shown.after
  then
    return nil
  end
  local first = vim.api.nvim_buf_get_lines(bufnr, shown.row, shown.row + 1, true)[1]
  if first:sub(1, shown.col) ~= shown.before then
    return nil
  end
  local text = vim.api.nvim_buf_get_text(bufnr, shown.row, shown.col, row, col, {})
  return table.concat(text, '\n')
end

--- What is visible in the current buffer.
---@return maze.Shown?
---@return maze.Candidate?
local function current()
  local bufnr = vim.api.nvim_get_current_buf()
  M.track(bufnr)
  local shown = shown_in[bufnr]
  if shown then
    return shown, shown.candidates[shown.index]
  end
end

--- Whether a suggestion is shown that goes on at the cursor.
---@param bufnr integer
---@return boolean
function M.fits(bufnr)
  M.track(bufnr)
  return shown_in[bufnr] ~= nil
end

--- The text that would be inserted now; nil when nothing is shown.
---@return string?
function M.text()
  local _, candidate = current()
  return candidate and candidate.text
end

--- After any change of the text or the cursor: shorten what was typed along, drop what does not fit.
---@param bufnr integer
function M.track(bufnr)
  local shown = shown_in[bufnr]
  if not shown then
    return
  end
  local index = M.view.index(bufnr, shown)
  local text = index and typed(bufnr, shown)
  if not text then
    forget(bufnr)
    return
  end
  shown.index = index
  if text == '' then
    return
  end
  local visible = shown.candidates[index]
  local left = {} ---@type maze.Candidate[]
  for _, candidate in ipairs(shown.candidates) do
    if vim.startswith(candidate.text, text) and #candidate.text > #text then
      candidate.text = candidate.text:sub(#text + 1)
      table.insert(left, candidate)
    end
  end
  if #left == 0 then
    forget(bufnr)
    return
  end
  shown.candidates = left
  shown.index = 1
  for i, candidate in ipairs(left) do
    if candidate == visible then
      shown.index = i
    end
  end
  anchor(bufnr, shown)
  draw(bufnr, shown)
end

--- An answer that was asked for where the cursor is now.
---@param bufnr integer
---@param client vim.lsp.Client
---@param items lsp.InlineCompletionItem[]
---@param invoked boolean
function M.arrived(bufnr, client, items, invoked)
  if not vim.api.nvim_get_mode().mode:match('^[iR]') then
    return
  end
  local candidates = {} ---@type maze.Candidate[]
  for _, item in ipairs(items) do
    local same = vim.iter(candidates):any(function(candidate)
      return candidate.text == item.insertText
    end)
    if not same then
      table.insert(candidates, {
        text = item.insertText,
        command = item.command,
        accepted = 0,
        seen = false,
      })
    end
  end
  if #candidates == 0 then
    if invoked then
      vim.api.nvim_echo({ { 'Maze: no other suggestion here', 'Comment' } }, false, {})
    end
    return -- what is shown stays
  end

  local index = 1
  local _, visible = current()
  if invoked and visible then
    -- Who asks for the next one while one is shown wants another one.
    candidates = vim.tbl_filter(function(candidate)
      return candidate.text ~= visible.text
    end, candidates)
    table.insert(candidates, 1, visible)
    index = math.min(2, #candidates)
  end
  local shown = {
    client = client,
    candidates = candidates,
    index = index,
    complete = invoked,
  } ---@type any
  anchor(bufnr, shown)
  shown_in[bufnr] = shown
  draw(bufnr, shown)
end

---@param text string
local function insert(text)
  -- An undo step of its own, apart from what was typed before and will be after.
  vim.bo.undolevels = vim.bo.undolevels
  local row, col = unpack(vim.api.nvim_win_get_cursor(0))
  local lines = vim.split(text, '\n', { plain = true })
  vim.api.nvim_buf_set_text(0, row - 1, col, row - 1, col, lines)
  local last = #lines[#lines]
  vim.api.nvim_win_set_cursor(0, { row + #lines - 1, #lines == 1 and col + last or last })
  vim.bo.undolevels = vim.bo.undolevels
end

--- Accept in a moment, before anything that is typed already.
---@param part 'all'|'word'|'line'
---@param keys string
local function accept_by_keys(part, keys)
  local command = ("%s<Cmd>lua require('maze.suggestion').accept('%s')<CR>"):format(keys, part)
  vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes(command, true, true, true), 'in', false)
end

--- Accept what is shown, or its next word or line.
---@param part 'all'|'word'|'line'
---@return boolean accepted false when nothing is shown
function M.accept(part)
  local bufnr = vim.api.nvim_get_current_buf()
  local shown, candidate = current()
  if not shown or not candidate then
    return part == 'all' and M.view ~= nil and M.view.foreign()
  end
  if vim.fn.pumvisible() == 1 then
    accept_by_keys(part, '<C-X><C-Z>') -- which close the menu and leave the text alone
    return true
  end
  local text = parts[part](candidate.text)
  local inserted, problem = pcall(insert, text)
  if not inserted then
    -- E565: a mapping with <expr> asks, which may not change the text itself.
    if not tostring(problem):find('E565') then
      error(problem, 0)
    end
    accept_by_keys(part, '')
    return true
  end
  candidate.accepted = candidate.accepted + vim.str_utfindex(text, 'utf-32')
  if text ~= candidate.text then
    M.track(bufnr)
    tell(shown, candidate, 'partly')
    return true
  end
  forget(bufnr)
  if candidate.command then
    shown.client:exec_cmd(candidate.command, { bufnr = bufnr })
  end
  return true
end

--- Show another candidate; asks for some when there are none yet.
---@param step integer 1 for the next, -1 for the one before
---@return boolean done false when no server is there to ask
function M.cycle(step)
  local bufnr = vim.api.nvim_get_current_buf()
  local shown = current()
  if shown and (shown.complete or #shown.candidates > 1) then
    shown.index = (shown.index - 1 + step) % #shown.candidates + 1
    draw(bufnr, shown)
    return true
  end
  local client = require('maze.client').of(bufnr)
  if not client then
    return false
  end
  requests.ask(client, requests.INVOKED)
  return true
end

--- Take away what is shown, and tell the server that it was not wanted.
---@return boolean dismissed false when nothing is shown
function M.dismiss()
  local bufnr = vim.api.nvim_get_current_buf()
  local shown, candidate = current()
  if not shown or not candidate then
    return false
  end
  tell(shown, candidate, 'dismissed')
  requests.dismiss(shown.client, bufnr)
  forget(bufnr)
  return true
end

--- Take away what is shown, for no fault of its own.
---@param bufnr? integer nil for all buffers
function M.clear(bufnr)
  for _, each in ipairs(bufnr and { bufnr } or vim.tbl_keys(shown_in)) do
    forget(each)
  end
end

return M
