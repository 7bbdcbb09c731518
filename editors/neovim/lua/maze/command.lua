--- `:Maze` and its subcommands.

local notify = require('maze.notify')

local M = {}

---@class maze.Subcommand
---@field run fun(argument?: string, call: vim.api.keyset.create_user_command.command_args)
---@field arguments? string[]

---@param module string
---@param name string
---@param argument? any
local function calls(module, name, argument)
  return function()
    require(module)[name](argument)
  end
end

---@type table<string, maze.Subcommand>
local subcommands = {
  generate = {
    arguments = vim.list_extend({ 'pick' }, require('maze.generate').KINDS),
    run = function(argument, call)
      local generate = require('maze.generate')
      local pick = argument == 'pick'
      if argument and not pick and not vim.list_contains(generate.KINDS, argument) then
        local known = table.concat(generate.KINDS, ', ')
        notify.warn(('can not generate %s; known are pick, %s'):format(argument, known))
        return
      end
      generate.start({
        pick = pick,
        kind = not pick and argument or nil,
        range = call.range > 0 and { call.line1, call.line2 } or nil,
      })
    end,
  },
  cancel = {
    run = function()
      if not require('maze.generate').cancel() then
        notify.say('nothing is being generated')
      end
    end,
  },
  next = { run = calls('maze.suggestion', 'cycle', 1) },
  previous = { run = calls('maze.suggestion', 'cycle', -1) },
  dismiss = { run = calls('maze.suggestion', 'dismiss') },
  pause = { run = calls('maze.pause', 'pause') },
  resume = { run = calls('maze.pause', 'resume') },
  toggle = { run = calls('maze.pause', 'toggle') },
  log = { run = calls('maze.log', 'open') },
  message = {
    run = function()
      local newest = notify.newest()
      notify.answer(newest ~= '' and newest or 'there was no message yet')
    end,
  },
  install = { run = calls('maze.install', 'start') },
  restart = { run = calls('maze.client', 'restart') },
  health = {
    run = function()
      vim.cmd.checkhealth('maze')
    end,
  },
  status = {
    run = function()
      local status = require('maze.status').get()
      local said = status.message ~= '' and status.message or status.kind
      if status.kind == 'off' then
        said = 'no language server is attached here; see :checkhealth maze'
      end
      local model = status.engine and status.engine.model
      notify.answer(type(model) == 'string' and ('%s (%s)'):format(said, model) or said)
    end,
  },
}

--- What may come next on the command line.
---@param lead string what stands at the cursor
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(line:gsub('^.-Maze%s*', '', 1), '%s+')
  local candidates = vim.tbl_keys(subcommands)
  if #words > 1 then
    local subcommand = subcommands[words[1]]
    candidates = #words == 2 and subcommand and subcommand.arguments or {}
  end
  candidates = vim.tbl_filter(function(candidate)
    return vim.startswith(candidate, lead)
  end, candidates)
  table.sort(candidates)
  return candidates
end

---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  local name, argument = call.fargs[1] or 'status', call.fargs[2]
  local subcommand = subcommands[name]
  if not subcommand then
    local known = vim.tbl_keys(subcommands)
    table.sort(known)
    notify.warn(('there is no :Maze %s; known are %s'):format(name, table.concat(known, ', ')))
  elseif argument and not subcommand.arguments then
    notify.warn((':Maze %s takes no argument'):format(name))
  elseif not require('maze').is_set_up() and name ~= 'health' then
    notify.warn("call require('maze').setup() first; see :help maze-setup")
  else
    subcommand.run(argument, call)
  end
end

return M
