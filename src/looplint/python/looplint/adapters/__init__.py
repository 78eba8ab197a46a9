"""Recorders for what agents are made with: each module here imports its framework only when it is imported itself.

`openai` and `anthropic` record from the clients, `langchain` from LangChain's and LangGraph's callbacks,
`opentelemetry` from spans.
Knows nothing of any framework itself.
"""
