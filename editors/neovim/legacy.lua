-- looplint for Neovim 0.7 to 0.10: source this file from your configuration.
local function start(arguments)
  local name = vim.api.nvim_buf_get_name(arguments.buf)
  local marker = vim.fn.findfile('pyproject.toml', vim.fn.fnamemodify(name, ':p:h') .. ';')
  local root = vim.fn.fnamemodify(marker ~= '' and marker or name, ':p:h')
  local config = {
    name = 'looplint',
    cmd = { 'looplint', 'server' },
    root_dir = root,
    workspace_folders = { { uri = vim.uri_from_fname(root), name = root } },
    settings = { looplint = {} },
  }
  if vim.lsp.start then
    vim.lsp.start(config, { bufnr = arguments.buf })
    return
  end
  -- 0.7 has no vim.lsp.start: one server for each root.
  _G.looplint_clients = _G.looplint_clients or {}
  local id = _G.looplint_clients[root]
  if not id or not vim.lsp.get_client_by_id(id) then
    id = vim.lsp.start_client(config)
    _G.looplint_clients[root] = id
  end
  vim.lsp.buf_attach_client(arguments.buf, id)
end

vim.api.nvim_create_autocmd('FileType', { pattern = 'python', callback = start })
vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile' }, {
  pattern = { '*/traces/*.json', '*/traces/*.jsonl', '*/trace_*.json', '*.trace.json' },
  callback = start,
})
