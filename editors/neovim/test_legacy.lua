-- What an older Neovim shows of looplint. Run by test_legacy.sh.
local here = debug.getinfo(1, 'S').source:match('@(.*/)')
local passed, failed = 0, 0
local function check(what, fine, seen)
  passed, failed = passed + (fine and 1 or 0), failed + (fine and 0 or 1)
  io.stdout:write((fine and 'ok   ' .. what or 'FAIL ' .. what .. ': ' .. vim.inspect(seen)) .. '\n')
end
local function shown(buffer, fine)
  vim.wait(30000, function() return fine(vim.diagnostic.get(buffer)) end, 10)
  return vim.diagnostic.get(buffer)
end

vim.o.swapfile = false
dofile(here .. 'legacy.lua')
vim.cmd('filetype on')
vim.cmd('edit! ' .. here .. 'project/slow.py')
local buffer = vim.api.nvim_get_current_buf()
local found = shown(buffer, function(all) return #all > 0 end)
check('a finding is shown', #found == 1, found)
local first = found[1] or { lnum = 0, col = 0, end_col = 0 }
local line = vim.api.nvim_buf_get_lines(buffer, first.lnum, first.lnum + 1, false)[1]
local marked = line:sub(first.col + 1, first.end_col)
check('at its place, behind characters of every width', marked == 'x in ys', marked)
vim.api.nvim_buf_set_lines(buffer, 1, 2, false, { '    out, ys = [], set(ys)' })
local left = shown(buffer, function(all) return #all == 0 end)
check('the finding goes when the code is changed', #left == 0, left)
vim.cmd('edit! ' .. here .. 'project/traces/circling.json')
local trace = vim.api.nvim_get_current_buf()
local said = shown(trace, function(all) return #all > 0 end)
check('a trace has its finding', #said > 0, said)
vim.cmd('edit! ' .. here .. 'project/data/settings.json')
local other = vim.api.nvim_get_current_buf()
vim.wait(300, function() return false end)
local clients = (vim.lsp.get_clients or vim.lsp.get_active_clients)({ bufnr = other })
check('other JSON is not sent to the server', vim.fn.has('nvim-0.8') == 0 or #clients == 0, clients)
local version = vim.version()
io.stdout:write(('neovim %d.%d.%d: %d passed, %d failed\n'):format(version.major, version.minor, version.patch, passed, failed))
vim.cmd(failed == 0 and 'qa!' or 'cquit! 1')
