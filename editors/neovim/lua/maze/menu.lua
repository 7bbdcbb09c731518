--- Completion menus: Neovim's own, and those that nvim-cmp and blink.cmp draw. The two plugins are
--- asked only where they are in use.

local config = require('maze.config')

local M = {}

--- Keys that Neovim's menu has a use for without any mapping (see `:help popupmenu-keys`), and
--- <Tab>, which most people map to walk through it.
local of_menus = {} ---@type table<string, true>
for key in ('tab s-tab cr c-y c-e c-n c-p up down pageup pagedown'):gmatch('%S+') do
  of_menus['<' .. key .. '>'] = true
end

--- Whether any is open.
---@return boolean
function M.is_open()
  if vim.fn.pumvisible() == 1 then
    return true
  end
  local cmp = package.loaded['cmp']
  local blink = package.loaded['blink.cmp']
  return type(cmp) == 'table' and type(cmp.visible) == 'function' and cmp.visible()
    or type(blink) == 'table' and type(blink.is_menu_visible) == 'function' and blink.is_menu_visible()
    or false
end

--- Whether a key is one of a menu's.
---@param key string
---@return boolean
function M.uses(key)
  return of_menus[key:lower()] or false
end

--- Whether a menu is open that suggestions are not to be shown beside.
---@return boolean
function M.hides()
  return not config.options.with_menu and M.is_open()
end

local open = false

---@type fun(open: boolean)
local listener

--- Once Neovim has come to rest: menus are drawn and taken away after the events that tell of it.
local look = vim.schedule_wrap(function()
  local now = M.is_open()
  if now or open then
    open = now
    listener(now)
  end
end)

local heard = false

local function hear_cmp()
  local cmp = package.loaded['cmp']
  if not heard and type(cmp) == 'table' and cmp.event then
    heard = true
    cmp.event:on('menu_opened', look)
    cmp.event:on('menu_closed', look)
  end
end

--- Have a function called when a menu opens, changes or closes.
---@param on_change fun(open: boolean)
function M.watch(on_change)
  listener = on_change
  local group = vim.api.nvim_create_augroup('maze.menu', { clear = true })
  vim.api.nvim_create_autocmd({ 'CompleteChanged', 'CompleteDone' }, {
    group = group,
    desc = "Maze: Neovim's completion menu",
    callback = look,
  })
  vim.api.nvim_create_autocmd('User', {
    group = group,
    pattern = { 'BlinkCmpMenuOpen', 'BlinkCmpMenuClose' },
    desc = "Maze: blink.cmp's completion menu",
    callback = look,
  })
  -- It may be loaded as late as this.
  vim.api.nvim_create_autocmd('InsertEnter', {
    group = group,
    desc = "Maze: nvim-cmp's completion menu",
    callback = vim.schedule_wrap(hear_cmp),
  })
  hear_cmp()
end

return M
