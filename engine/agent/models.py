"""Who answers a chat, and at what price: the planner in here, or a model behind an address."""

from __future__ import annotations

import os

from engine.agent.budget import Price
from engine.agent.knowledge.index import Index
from engine.agent.model import ChatModel
from engine.agent.openai_model import Endpoint, OpenAIModel
from engine.agent.params import AgentParams
from engine.agent.planner.planner import OfflinePlanner
from engine.agent.prices import Line, known_line, price_of, server_of
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
    chosen = named(name)
    if not chosen:
        raise InvalidInput("no model is named: name one under Model, or in ATRIUM_MODEL (its "
                           "server by OPENAI_BASE_URL, its key by OPENAI_API_KEY), or choose the "
                           "offline planner")
    return OpenAIModel(Endpoint.from_environment(chosen))


def named(name: str = "") -> str:
    """The model's name, ATRIUM_MODEL where none is given; "" where that is not set either."""
    return name or os.environ.get("ATRIUM_MODEL", "").strip()


def price_line(name: str = "") -> Line | None:
    """The line of the price table that applies to a model at the environment's server.

    Raises:
        InvalidInput: If one's own table is damaged.
    """
    return known_line(server_of(os.environ.get("OPENAI_BASE_URL")), named(name))


def price_for(params: AgentParams, name: str = "") -> Price:
    """What the model of a chat costs; the planner costs nothing.

    Raises:
        InvalidInput: If one's own table is damaged.
    """
    if params.answers == "offline planner":
        return Price()
    return price_of(server_of(os.environ.get("OPENAI_BASE_URL")), named(name))
