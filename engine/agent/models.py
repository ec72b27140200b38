"""Who answers a chat: the planner in here, or a model behind an address."""

from __future__ import annotations

import os

from engine.agent.knowledge.index import Index
from engine.agent.model import ChatModel
from engine.agent.openai_model import Endpoint, OpenAIModel
from engine.agent.params import AgentParams
from engine.agent.planner.planner import OfflinePlanner
from engine.errors import InvalidInput


def model_of(params: AgentParams, uploads: Index | None = None, name: str = "") -> ChatModel:
    """Who answers, by the settings and the environment.

    Args:
        params: The chat's settings.
        uploads: The conversation's own files, which the offline planner needs to know of.
        name: Of the model; ATRIUM_MODEL where it is empty.

    Raises:
        InvalidInput: If a model is chosen and none is named.
    """
    if params.answers == "offline planner":
        return OfflinePlanner(uploads)
    chosen = name or os.environ.get("ATRIUM_MODEL", "").strip()
    if not chosen:
        raise InvalidInput("no model is named: name one under Model, or in ATRIUM_MODEL (its "
                           "server by OPENAI_BASE_URL, its key by OPENAI_API_KEY), or choose the "
                           "offline planner")
    return OpenAIModel(Endpoint.from_environment(chosen))
