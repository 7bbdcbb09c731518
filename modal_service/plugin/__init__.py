"""The parts of the vLLM plugin; `modal_service.vllm_plugin` puts them together.

    vLLM's API server                                  vLLM's engine process
    guard ─▶ front ─▶ service ──generate(spec)──▶ engine_side ─▶ grammar ─▶ maze.constraint
               │         ▲                              │
               │         └────────── reports ◀──────────┘
               └─▶ vLLM's own application, for all else

The constraint runs twice. In the engine it fills masks, where no other code can. In the API server
it reads the tokens that came out, to know what joins (`keep`), where to end and what to cut: work
that must not hold up the other requests of a batch. Both begin from the same `spec`, so they agree.
"""
