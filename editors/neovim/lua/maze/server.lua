--- Finds the language server.
---
--- In order: the option `cmd`, the PATH, and the places where uv and pipx put tools. A program that
--- lies in the project's own folder is never started unless `cmd` names it: a clone must not be able
--- to bring the program that reads what you type.

local M = {}

---@class maze.Found
---@field cmd? string[]|fun(dispatchers: vim.lsp.rpc.Dispatchers): vim.lsp.rpc.PublicClient what to
---run, or what connects
---@field where? string where it was found, for a person
---@field problem? string why there is none, with the next step

local windows = vim.fn.has('win32') == 1
local program = windows and 'maze.exe' or 'maze'

---@param ... string? parts of a path; without one of them there is no path
---@return string?
local function path(...)
  for i = 1, select('#', ...) do
    local part = select(i, ...)
    if part == nil or part == '' then
      return nil
    end
  end
  return vim.fs.joinpath(...)
end

--- Where the two installers put programs, their environment variables first.
---@return { [1]: string, [2]: string }[] installer and path
local function tool_paths()
  local env, home = vim.env, vim.uv.os_homedir()
  local data = env.XDG_DATA_HOME or path(home, '.local', 'share')
  local bin = windows and 'Scripts' or 'bin'
  local places = {}
  local function add(installer, place)
    if place then
      table.insert(places, { installer, place })
    end
  end
  add('uv tool', path(env.UV_TOOL_BIN_DIR, program))
  add('uv tool', path(env.UV_TOOL_DIR, 'maze', bin, program))
  add('pipx', path(env.PIPX_BIN_DIR, program))
  add('pipx', path(env.PIPX_HOME, 'venvs', 'maze', bin, program))
  add('uv tool or pipx', path(env.XDG_BIN_HOME, program))
  add('uv tool or pipx', path(home, '.local', 'bin', program))
  add('uv tool', path(data, 'uv', 'tools', 'maze', bin, program))
  add('uv tool', path(env.APPDATA, 'uv', 'tools', 'maze', bin, program))
  add('pipx', path(data, 'pipx', 'venvs', 'maze', bin, program))
  add('pipx', path(home, '.local', 'pipx', 'venvs', 'maze', bin, program))
  add('pipx', path(home, 'pipx', 'venvs', 'maze', bin, program))
  return places
end

---@param file string
---@param folder string?
---@return boolean
local function lies_in(file, folder)
  if not folder or folder == '' then
    return false
  end
  folder = vim.uv.fs_realpath(folder) or folder
  -- A home folder that is itself a project, for dotfiles, holds everything that is installed.
  local home = vim.uv.os_homedir()
  if home and vim.fs.relpath(folder, vim.uv.fs_realpath(home) or home) then
    return false
  end
  -- The link counts as well as what it points to.
  local spelt = vim.fs.normalize(vim.fs.abspath(file))
  local real = vim.uv.fs_realpath(file) or spelt
  return vim.fs.relpath(folder, spelt) ~= nil or vim.fs.relpath(folder, real) ~= nil
end

---@param given string|string[]|function
---@return maze.Found
local function from_option(given)
  if type(given) == 'function' then
    return { cmd = given, where = 'option cmd' }
  end
  local cmd = type(given) == 'table' and vim.deepcopy(given) or { given, 'lsp' }
  local name = vim.fn.expand(cmd[1])
  if vim.fn.executable(name) == 0 then
    return {
      problem = ('option cmd: there is no program %s; correct it or leave it out'):format(name),
    }
  end
  cmd[1] = name
  return { cmd = cmd, where = 'option cmd' }
end

--- Find the server.
---@param given? string|string[]|function option `cmd`; a string is the program alone
---@param root? string the project's folder
---@return maze.Found
function M.find(given, root)
  if given then
    return from_option(given)
  end
  local refused ---@type string?
  local on_path = vim.fn.exepath('maze')
  if on_path ~= '' then
    if not (lies_in(on_path, root) or lies_in(on_path, vim.fn.getcwd())) then
      return { cmd = { on_path, 'lsp' }, where = 'PATH' }
    end
    refused = on_path
  end
  for _, place in ipairs(tool_paths()) do
    local installer, file = place[1], place[2]
    if vim.fn.executable(file) == 1 then
      return { cmd = { file, 'lsp' }, where = installer }
    end
  end
  if refused then
    return {
      problem = ("%s lies in the project's folder and is not started; to use it, name it in option cmd"):format(
        refused
      ),
    }
  end
  return {
    problem = 'no language server found; see :help maze-install',
  }
end

return M
