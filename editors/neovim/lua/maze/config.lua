--- Options: their types, their defaults, and what is said of those that make no sense.
--- A wrong value costs one message and counts as not given; nothing here raises an error.

local M = {}

---@class maze.Keys
---@field accept string|false the whole suggestion
---@field accept_word string|false its next word
---@field accept_line string|false its next line
---@field next string|false the next candidate; asks for some where none are shown
---@field previous string|false the candidate before
---@field dismiss string|false
---@field generate string|false in normal mode: generate what the code at the cursor lacks
---@field cancel string|false in normal mode: cancel a generation

---@class maze.Options
---@field cmd? string|string[]|function the server's command, or a connection as by
---`vim.lsp.rpc.connect()`; nil looks for an installed `maze`
---@field filetypes string[]
---@field root_markers string[]
---@field settings table<string, any> for the server: its initializationOptions
---@field ghost_text 'auto'|'native'|'own' who draws suggestions
---@field automatic boolean whether suggestions come by themselves
---@field with_menu boolean whether they are shown while a completion menu is open
---@field delay_ms integer rest of the keys before own ghost text asks
---@field keys maze.Keys

---@type maze.Options
M.defaults = {
  cmd = nil,
  filetypes = {
    'python',
    'go',
    'rust',
    'typescript',
    'typescriptreact',
    'javascript',
    'javascriptreact',
    'zig',
  },
  root_markers = { '.git' },
  settings = {},
  ghost_text = 'auto',
  automatic = true,
  with_menu = true,
  delay_ms = 75,
  keys = {
    accept = '<Tab>',
    accept_word = '<M-Right>',
    accept_line = '<M-C-Right>',
    next = '<M-]>',
    previous = '<M-[>',
    dismiss = '<C-]>',
    generate = false,
    cancel = false,
  },
}

--- The options in force; the defaults until `setup`.
---@type maze.Options
M.options = vim.deepcopy(M.defaults)

---@type string[] what was wrong with the options, for `:checkhealth`
M.problems = {}

---@param value any
---@return boolean
local function is_texts(value)
  return type(value) == 'table'
    and vim.islist(value)
    and vim.iter(value):all(function(text)
      return type(text) == 'string'
    end)
end

local function is_key(value)
  return value == false or type(value) == 'string' and value ~= ''
end

---@class maze.Kind
---@field what string
---@field accepts fun(value: any): boolean

---@type maze.Kind
local boolean = {
  what = 'true or false',
  accepts = function(value)
    return type(value) == 'boolean'
  end,
}

---@type table<string, maze.Kind>
local kinds = {
  cmd = {
    what = 'a program, a list of words or a function',
    accepts = function(value)
      return type(value) == 'function'
        or type(value) == 'string' and value ~= ''
        or is_texts(value) and #value > 0
    end,
  },
  filetypes = { what = 'a list of file types', accepts = is_texts },
  root_markers = { what = 'a list of file names', accepts = is_texts },
  settings = {
    what = "a table of the server's settings",
    accepts = function(value)
      return type(value) == 'table' and (vim.tbl_isempty(value) or not vim.islist(value))
    end,
  },
  ghost_text = {
    what = "'auto', 'native' or 'own'",
    accepts = function(value)
      return vim.list_contains({ 'auto', 'native', 'own' }, value)
    end,
  },
  automatic = boolean,
  with_menu = boolean,
  delay_ms = {
    what = 'a number from 0 to 5000',
    accepts = function(value)
      return type(value) == 'number' and value >= 0 and value <= 5000
    end,
  },
  keys = {
    what = 'a table of keys, or false for none',
    accepts = function(value)
      return value == false or type(value) == 'table'
    end,
  },
}

--- How many single-character changes make one name of the other.
---@param a string
---@param b string
---@return integer
local function distance(a, b)
  local row = {}
  for j = 0, #b do
    row[j] = j
  end
  for i = 1, #a do
    local diagonal
    diagonal, row[0] = row[0], i
    for j = 1, #b do
      local changed = diagonal + (a:byte(i) == b:byte(j) and 0 or 1)
      diagonal, row[j] = row[j], math.min(row[j] + 1, row[j - 1] + 1, changed)
    end
  end
  return row[#b]
end

---@param name string
---@param known string[]
---@return string
local function hint(name, known)
  table.sort(known)
  for _, candidate in ipairs(known) do
    if distance(name, candidate) <= 2 then
      return ('did you mean %s?'):format(candidate)
    end
  end
  return ('known are %s'):format(table.concat(known, ', '))
end

---@param where string '' or 'keys.'
---@param name any
---@param known string[]
---@return string
local function unknown(where, name, known)
  name = tostring(name)
  return ('there is no option %s%s; %s'):format(where, name, hint(name, known))
end

---@param given any
---@param keys maze.Keys written to
---@param problems string[]
local function take_keys(given, keys, problems)
  for name, key in pairs(given) do
    if keys[name] == nil then
      table.insert(problems, unknown('keys.', name, vim.tbl_keys(keys)))
    elseif not is_key(key) then
      local kept = vim.inspect(keys[name])
      table.insert(
        problems,
        ('keys.%s must be a key or false, not %s; using %s'):format(name, vim.inspect(key), kept)
      )
    else
      keys[name] = key
    end
  end
end

--- The defaults with all of `given` that makes sense.
---@param given any
---@return maze.Options
---@return string[] problems one sentence each
function M.resolve(given)
  local options = vim.deepcopy(M.defaults)
  local problems = {} ---@type string[]
  if given == nil then
    return options, problems
  end
  if type(given) ~= 'table' then
    return options, { ('setup takes a table of options, not %s'):format(vim.inspect(given)) }
  end
  for name, value in pairs(given) do
    local kind = kinds[name]
    if not kind then
      table.insert(problems, unknown('', name, vim.tbl_keys(kinds)))
    elseif not kind.accepts(value) then
      local kept = vim.inspect(options[name])
      table.insert(
        problems,
        ('%s must be %s, not %s; using %s'):format(name, kind.what, vim.inspect(value), kept)
      )
    elseif name ~= 'keys' then
      options[name] = vim.deepcopy(value)
    elseif value == false then
      for key in pairs(options.keys) do
        options.keys[key] = false
      end
    else
      take_keys(value, options.keys, problems)
    end
  end
  table.sort(problems)
  return options, problems
end

return M
