-- What Neovim shows of looplint. nvim --headless -l test.lua OUT, in a project made by ../testing/project.sh.
local out = assert(io.open(_G.arg[1], 'w'))
local passed, failed = 0, 0
local function check(what, fine, seen)
  if fine then
    passed = passed + 1
    out:write('ok   ' .. what .. '\n')
  else
    failed = failed + 1
    out:write('FAIL ' .. what .. ': ' .. vim.inspect(seen) .. '\n')
  end
  out:flush()
end
local function wait(fine)
  return vim.wait(30000, fine, 5)
end

vim.opt.runtimepath:prepend(vim.fn.stdpath('config'))
vim.o.swapfile = false
vim.cmd('filetype on')
vim.lsp.enable('looplint')

-- Python.
vim.cmd('edit slow.py')
local buffer = vim.api.nvim_get_current_buf()
wait(function() return #vim.diagnostic.get(buffer) > 0 end)
local found = vim.diagnostic.get(buffer)
check('a finding is shown', #found == 1, found)
local first = found[1] or {}
check('with its rule', first.code == 'list-membership-in-loop' and first.source == 'looplint', first)
local line = vim.api.nvim_buf_get_lines(buffer, 3, 4, false)[1]
local marked = line:sub((first.col or 0) + 1, first.end_col or 0)
check('at its place, behind characters of every width', first.lnum == 3 and marked == 'x in ys', marked)
local client = vim.lsp.get_clients({ bufnr = buffer, name = 'looplint' })[1]
check('the root is the project', client and client.root_dir == vim.uv.cwd(), client and client.root_dir)

vim.api.nvim_win_set_cursor(0, { 4, first.col + 1 })
local position = vim.lsp.util.make_position_params(0, client.offset_encoding)
local hover = client:request_sync('textDocument/hover', position, 5000, buffer)
local text = hover and hover.result and vim.inspect(hover.result.contents) or ''
check('the hover says what it costs', text:find('O%(xs') ~= nil, text)

local params = vim.lsp.util.make_range_params(0, client.offset_encoding)
params.context = { diagnostics = { first.user_data and first.user_data.lsp }, triggerKind = 1 }
local answer = client:request_sync('textDocument/codeAction', params, 5000, buffer)
local fix = vim.iter(answer and answer.result or {}):find(function(action)
  return action.kind == 'quickfix' and action.isPreferred
end)
check('a quick fix is offered first', fix ~= nil, answer)
vim.lsp.buf.code_action({ filter = function(action) return action.isPreferred end, apply = true })
wait(function() return vim.api.nvim_buf_get_lines(buffer, 2, 3, false)[1]:find('set%(ys%)') end)
local fixed = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
check('and applied', fixed[3]:find('= set%(ys%)') ~= nil and fixed[5]:find('x in ys_set') ~= nil, fixed)
wait(function() return #vim.diagnostic.get(buffer) == 0 end)
check('the finding goes', #vim.diagnostic.get(buffer) == 0, vim.diagnostic.get(buffer))
vim.cmd('silent undo')
wait(function() return #vim.diagnostic.get(buffer) == 1 end)
check('and comes back by undo', #vim.diagnostic.get(buffer) == 1, vim.diagnostic.get(buffer))

-- A trace, and JSON that is none.
vim.cmd('edit! traces/circling.json')
local trace = vim.api.nvim_get_current_buf()
wait(function() return #vim.diagnostic.get(trace) > 0 end)
local said = vim.diagnostic.get(trace)
check('a trace has its finding', #said > 0 and said[1].source == 'looplint', said)
check('at a turn of the run', #said > 0 and said[1].lnum >= 7, said)
vim.cmd('edit! data/settings.json')
vim.wait(300, function() return false end)
local other = vim.api.nvim_get_current_buf()
check('other JSON is not sent to the server', #vim.lsp.get_clients({ bufnr = other }) == 0, vim.lsp.get_clients({ bufnr = other }))

client:stop()
local gone = vim.wait(5000, function() return client:is_stopped() end, 5)
check('the server ends with its client', gone, gone)
out:write(passed .. ' passed, ' .. failed .. ' failed\n')
out:close()
vim.cmd(failed == 0 and 'qa!' or 'cquit! 1')
