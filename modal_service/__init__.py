"""The GPU service: vLLM with Maze's constraint, on Modal or on a GPU of one's own.

`app.py` is what runs on Modal and the best place to start reading; `README.md` leads from no
account to ghost text, `OWN_GPU.md` to a service without one. The rest: `options` and `catalogue`
(what can be chosen), `package` (what of Maze goes into the image), `container` (the process in
there), `serving` (how vLLM is started), `vllm_plugin` and `plugin/` (the constraint in vLLM),
`account` and `endpoint` (what `maze deploy`, `stop`, `status` and `cost` do), `estimates` (their
arithmetic), `trial` (the test).
"""
