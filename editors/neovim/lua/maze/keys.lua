--- Keys of ours, each mapped only in buffers with a server. Where a key has nothing to do for us, it
--- does what it did before: the mapping that was there, of the buffer or of all, or the key itself.

local config = require('maze.config')
local menu = require('maze.menu')

local M = {}

---@class maze.Action
---@field mode 'i'|'n'
---@field what string
---@field inserts? boolean a completion menu comes first
---@field run fun(): boolean false to leave the key to others

---@param part 'all'|'word'|'line'
---@return fun(): boolean
local function accept(part)
  return function()
    return require('maze.suggestion').accept(part)
  end
end

---@param step integer
---@return fun(): boolean
local function cycle(step)
  return function()
    return require('maze.suggestion').cycle(step)
  end
end

---@type table<string, maze.Action>
local actions = {
  accept = { mode = 'i', inserts = true, what = 'accept the suggestion', run = accept('all') },
  accept_word = {
    mode = 'i',
    inserts = true,
    what = "accept the suggestion's next word",
    run = accept('word'),
  },
  accept_line = {
    mode = 'i',
    inserts = true,
    what = "accept the suggestion's next line",
    run = accept('line'),
  },
  next = { mode = 'i', what = 'next suggestion', run = cycle(1) },
  previous = { mode = 'i', what = 'previous suggestion', run = cycle(-1) },
  dismiss = {
    mode = 'i',
    what = 'dismiss the suggestion',
    run = function()
      return require('maze.suggestion').dismiss()
    end,
  },
  generate = {
    mode = 'n',
    what = 'generate code here',
    run = function()
      require('maze.generate').start()
      return true
    end,
  },
  cancel = {
    mode = 'n',
    what = 'cancel the generation',
    run = function()
      return require('maze.generate').cancel()
    end,
  },
}

---@param key string
---@return string
local function raw(key)
  return vim.api.nvim_replace_termcodes(key, true, true, true)
end

---@param key string
---@param mode string
---@param mappings table[]
---@return table?
local function mapping_of(key, mode, mappings)
  local wanted = raw(key)
  for _, mapping in ipairs(mappings) do
    if (mapping.lhsraw == wanted or mapping.lhsrawalt == wanted) and mapping.mode ~= '' then
      return mapping
    end
  end
end

--- The mapping that a key had in a buffer before ours.
---@param key string
---@param mode string
---@param bufnr integer
---@return table?
local function of_buffer(key, mode, bufnr)
  return mapping_of(key, mode, vim.api.nvim_buf_get_keymap(bufnr, mode))
end

---@param key string
---@param mode string
---@return table?
local function of_all(key, mode)
  return mapping_of(key, mode, vim.api.nvim_get_keymap(mode))
end

---@param text string internal representation, as `raw` gives it
---@param noremap boolean
local function feed(text, noremap)
  -- In front of what is typed ahead, or keys would overtake each other.
  vim.api.nvim_feedkeys(text, noremap and 'in' or 'im', false)
end

--- What a mapping stands for, as keys; nil when it has run and there are none.
---@param mapping table
---@return string?
local function keys_of(mapping)
  local expr = mapping.expr == 1
  local result
  if mapping.callback then
    result = mapping.callback()
    if not expr then
      return nil
    end
  else
    local rhs = (mapping.rhs or ''):gsub('<SID>', ('<SNR>%d_'):format(mapping.sid or 0))
    if not expr then
      return raw(rhs)
    end
    result = vim.api.nvim_eval(rhs)
  end
  if type(result) ~= 'string' then
    return nil
  end
  return mapping.replace_keycodes == 1 and raw(result) or result
end

--- Do what a key did before it was ours.
---@param key string
---@param mode string
---@param before table? the buffer's own mapping
local function fall_through(key, mode, before)
  local mapping = before or of_all(key, mode)
  if not mapping then
    feed(raw(key), true)
    return
  end
  local keys = keys_of(mapping)
  if keys and keys ~= '' then
    -- A mapping that begins with its own key means the key itself there.
    feed(keys, mapping.noremap == 1 or vim.startswith(keys, raw(key)))
  end
end

---@type table<integer, table<string, { key: string, mode: string, before: table? }>> by buffer
local mapped = {}

--- Whether a menu is open that has a use for a key, by itself or by how it is mapped otherwise.
---@param key string
---@param before table?
---@return boolean
local function menu_wants(key, before)
  return menu.is_open() and (menu.uses(key) or before ~= nil or of_all(key, 'i') ~= nil)
end

--- Map our keys in a buffer.
---@param bufnr integer
function M.attach(bufnr)
  M.detach(bufnr)
  local ours = {}
  for name, action in pairs(actions) do
    local key = config.options.keys[name]
    if key then
      local before = of_buffer(key, action.mode, bufnr)
      ours[name] = { key = key, mode = action.mode, before = before }
      vim.keymap.set(action.mode, key, function()
        if action.inserts and menu_wants(key, before) or not action.run() then
          fall_through(key, action.mode, before)
        end
      end, { buffer = bufnr, desc = 'Maze: ' .. action.what })
    end
  end
  mapped[bufnr] = ours
end

--- Give the keys back.
---@param bufnr integer
function M.detach(bufnr)
  local ours = mapped[bufnr]
  mapped[bufnr] = nil
  if not ours or not vim.api.nvim_buf_is_valid(bufnr) then
    return
  end
  for _, mapping in pairs(ours) do
    local now = of_buffer(mapping.key, mapping.mode, bufnr)
    if now and vim.startswith(now.desc or '', 'Maze: ') then
      vim.api.nvim_buf_del_keymap(bufnr, mapping.mode, mapping.key)
      if mapping.before then
        vim.api.nvim_buf_call(bufnr, function()
          vim.fn.mapset(mapping.before)
        end)
      end
    end
  end
end

---@class maze.KeyReport
---@field name string
---@field key string
---@field state 'ours'|'taken'|'shared'
---@field other? string what else the key does

---@param mapping table
---@return string
local function described(mapping)
  return mapping.desc or mapping.rhs or 'a Lua function'
end

--- Whom each of our keys belongs to in a buffer, for `:checkhealth`.
---@param bufnr integer
---@return maze.KeyReport[]
function M.report(bufnr)
  local report = {} ---@type maze.KeyReport[]
  for name, ours in vim.spairs(mapped[bufnr] or {}) do
    local entry = { name = name, key = ours.key, state = 'ours' } ---@type maze.KeyReport
    local now = of_buffer(ours.key, ours.mode, bufnr)
    local other = ours.before or of_all(ours.key, ours.mode)
    if not now or not vim.startswith(now.desc or '', 'Maze: ') then
      entry.state, entry.other = 'taken', now and described(now) or 'nothing'
    elseif other then
      entry.state, entry.other = 'shared', described(other)
    end
    table.insert(report, entry)
  end
  return report
end

return M
