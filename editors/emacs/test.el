;;; test.el --- what Emacs shows of looplint -*- lexical-binding: t -*-
;; emacs --batch -l test.el, in a project made by ../testing/project.sh. Not with -Q: Eglot may be a package.
(require 'package)
(package-initialize)
(load (expand-file-name "looplint-eglot.el" (file-name-directory load-file-name)))
(require 'flymake)
(require 'python)
(setq eglot-sync-connect 10 eglot-autoshutdown t eglot-send-changes-idle-time 0.1
      create-lockfiles nil make-backup-files nil)

(defvar test-passed 0)
(defvar test-failed 0)
(defun test-check (what fine seen)
  (if fine (setq test-passed (1+ test-passed)) (setq test-failed (1+ test-failed)))
  (princ (if fine (format "ok   %s\n" what) (format "FAIL %s: %S\n" what seen))))

(defun test-wait (fine)
  (let ((n 0))
    (while (and (< n 600) (not (funcall fine)))
      (accept-process-output nil 0.05)
      (setq n (1+ n)))))

(defun test-open (file)
  "Visit FILE with looplint, and return its findings."
  (find-file (expand-file-name file (getenv "LOOPLINT_PROJECT")))
  (apply #'eglot (eglot--guess-contact))
  (test-wait (lambda () (flymake-start) (flymake-diagnostics)))
  (flymake-diagnostics))

(defun test-text (diagnostic)
  (buffer-substring-no-properties (flymake-diagnostic-beg diagnostic) (flymake-diagnostic-end diagnostic)))

(let ((found (test-open "slow.py")))
  (test-check "a finding is shown" (= (length found) 1) found)
  (test-check "at its place, behind characters of every width"
              (and found (equal (test-text (car found)) "x in ys")) (mapcar #'test-text found))
  (test-check "with its rule" (and found (string-match-p "list-membership-in-loop" (flymake-diagnostic-text (car found))))
              (mapcar #'flymake-diagnostic-text found))
  (goto-char (flymake-diagnostic-beg (car found)))
  (let* ((actions (append (eglot-code-actions (flymake-diagnostic-beg (car found)) (flymake-diagnostic-end (car found)) nil nil) nil))
         (fix (seq-find (lambda (action) (eq (plist-get action :isPreferred) t)) actions)))
    (test-check "a quick fix is offered" fix actions)
    (when fix
      (let ((resolved (if (plist-get fix :edit) fix
                        (jsonrpc-request (eglot-current-server) :codeAction/resolve fix))))
        (eglot--apply-workspace-edit (plist-get resolved :edit)))
      (test-check "and applied" (string-match-p "= set(ys)" (buffer-string)) (buffer-string))
      (eglot--signal-textDocument/didChange)
      (test-wait (lambda () (flymake-start) (null (flymake-diagnostics))))
      (test-check "the finding goes" (null (flymake-diagnostics)) (flymake-diagnostics))))
  (ignore-errors (eglot-shutdown (eglot-current-server)))
  (set-buffer-modified-p nil))

(let ((found (test-open "traces/circling.json")))
  (test-check "a trace has its finding" found found)
  (test-check "its mode is the traces' own" (eq major-mode 'looplint-trace-mode) major-mode)
  (ignore-errors (eglot-shutdown (eglot-current-server))))

(find-file (expand-file-name "data/settings.json" (getenv "LOOPLINT_PROJECT")))
(test-check "other JSON has another mode" (not (eq major-mode 'looplint-trace-mode)) major-mode)

(princ (format "emacs %s: %d passed, %d failed\n" emacs-version test-passed test-failed))
(kill-emacs (if (= test-failed 0) 0 1))
