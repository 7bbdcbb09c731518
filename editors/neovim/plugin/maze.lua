if vim.g.loaded_maze then
  return
end
vim.g.loaded_maze = true

vim.api.nvim_create_user_command('Maze', function(call)
  require('maze.command').run(call)
end, {
  nargs = '*',
  range = true,
  desc = 'Maze: code suggestions that parse in place',
  complete = function(lead, line)
    return require('maze.command').complete(lead, line)
  end,
})
