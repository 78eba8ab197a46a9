;;; looplint-eglot.el --- looplint by Eglot -*- lexical-binding: t -*-

;; Load this file, then M-x eglot in a Python buffer or in an agent trace.
;; Eglot runs one server for each mode: here looplint takes the place of pylsp or pyright.
;; To have both, put a multiplexer of language servers in this place.

(require 'eglot)

(define-derived-mode looplint-trace-mode prog-mode "Trace"
  "An agent's run as JSON. Other JSON files keep their mode and are not sent to the server.")
(dolist (pattern '("/traces?/.*\\.jsonl?\\'" "/trace_[^/]*\\.json\\'" "\\.trace\\.json\\'"))
  (add-to-list 'auto-mode-alist (cons pattern 'looplint-trace-mode)))

(add-to-list 'eglot-server-programs
             '((python-mode python-ts-mode looplint-trace-mode) . ("looplint" "server")))

(provide 'looplint-eglot)
;;; looplint-eglot.el ends here
