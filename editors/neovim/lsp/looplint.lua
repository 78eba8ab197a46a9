-- looplint for Neovim 0.11 and later: put this file into lsp/ of your configuration, and add vim.lsp.enable('looplint').
-- It runs beside other Python servers. For Neovim 0.7 to 0.10, see legacy.lua beside this folder.

-- Which JSON files are agent traces. No other JSON file is sent to the server.
local traces = { '/traces?/.*%.jsonl?$', '/trace_[^/]*%.json$', '%.trace%.json$' }

local markers = { 'looplint.toml', '.looplint.toml', 'pyproject.toml', '.git' }

return {
  cmd = { 'looplint', 'server' },
  filetypes = { 'python', 'json', 'jsonl' },
  root_dir = function(buffer, start)
    local name = vim.api.nvim_buf_get_name(buffer):gsub('\\', '/')
    local ours = vim.bo[buffer].filetype == 'python'
    for _, pattern in ipairs(traces) do
      -- Lua's patterns have no alternatives: `traces?` means `trace` or `traces`.
      ours = ours or name:find(pattern) ~= nil
    end
    if ours then
      start(vim.fs.root(buffer, markers) or vim.fs.dirname(name))
    end
  end,
  settings = { looplint = {} },
}
