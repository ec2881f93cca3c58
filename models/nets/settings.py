"""The networks of a family as settings: the same names and words in each family, so that values are
carried over where one is exchanged for another.
"""

from typing import Annotated

from models.config import Pick, param

__all__ = [
    "AutoregressiveNet",
    "CriticNet",
    "DecoderNet",
    "DenoiserNet",
    "EncoderNet",
    "EnergyNet",
    "FlowNet",
    "GeneratorNet",
    "NoisyEncoderNet",
    "PosteriorNet",
    "PredictorNet",
    "RecommenderNet",
    "ScoreNet",
]

DenoiserNet = Annotated[
    Pick, param("Network", "The network that is trained.", of="network", role="denoiser")
]
ScoreNet = Annotated[
    Pick, param("Scores", "The network of either score.", of="network", role="denoiser")
]
CriticNet = Annotated[
    Pick,
    param("Critic", "The network that tells data from particles.", of="network", role="critic"),
]
GeneratorNet = Annotated[
    Pick,
    param("Generator", "The network that pushes noise forward.", of="network", role="generator"),
]
EncoderNet = Annotated[
    Pick, param("Network", "The network that looks at the data.", of="network", role="encoder")
]
NoisyEncoderNet = Annotated[
    Pick,
    param(
        "Network",
        "The network that looks at noised data.",
        of="network",
        role="noisy-encoder",
    ),
]
RecommenderNet = Annotated[
    Pick,
    param("Network", "The network that reads histories.", of="network", role="recommender"),
]
PosteriorNet = Annotated[
    Pick,
    param("Encoder", "The network that says where a datum lies.", of="network", role="encoder"),
]
DecoderNet = Annotated[
    Pick, param("Decoder", "The network that makes data again.", of="network", role="generator")
]
EnergyNet = Annotated[
    Pick, param("Energy", "The network whose output is the energy.", of="network", role="critic")
]
FlowNet = Annotated[
    Pick, param("Layer", "What each invertible layer does.", of="network", role="flow")
]
AutoregressiveNet = Annotated[
    Pick,
    param(
        "Network",
        "The network that says of each number how it goes on.",
        of="network",
        role="autoregressive",
    ),
]
PredictorNet = Annotated[
    Pick,
    param(
        "Network",
        "The network that says what stood at each place.",
        of="network",
        role="predictor",
    ),
]
