"""The networks of a family as settings: the same names and words in each family, so that values are
carried over where one is exchanged for another.
"""

from typing import Annotated

from pushforward.models.config import Pick, param

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
    Pick, param("Score networks", "Network of both scores.", of="network", role="denoiser")
]
CriticNet = Annotated[
    Pick,
    param("Critic", "Network that separates data from particles.", of="network", role="critic"),
]
GeneratorNet = Annotated[
    Pick,
    param("Generator", "Network that maps latents to samples.", of="network", role="generator"),
]
EncoderNet = Annotated[Pick, param("Network", "Classifier network.", of="network", role="encoder")]
NoisyEncoderNet = Annotated[
    Pick,
    param(
        "Network",
        "Network that reads noisy data.",
        of="network",
        role="noisy-encoder",
    ),
]
RecommenderNet = Annotated[
    Pick,
    param("Network", "Network that reads histories.", of="network", role="recommender"),
]
PosteriorNet = Annotated[
    Pick,
    param(
        "Encoder",
        "Network that gives the distribution of the latents.",
        of="network",
        role="encoder",
    ),
]
DecoderNet = Annotated[
    Pick, param("Decoder", "Network that reconstructs the data.", of="network", role="generator")
]
EnergyNet = Annotated[
    Pick, param("Energy", "Network that gives the energy.", of="network", role="critic")
]
FlowNet = Annotated[
    Pick, param("Layer type", "Type of each invertible layer.", of="network", role="flow")
]
AutoregressiveNet = Annotated[
    Pick,
    param(
        "Network",
        "Network that predicts the conditional distribution of each value.",
        of="network",
        role="autoregressive",
    ),
]
PredictorNet = Annotated[
    Pick,
    param(
        "Network",
        "Network that predicts the symbol at each position.",
        of="network",
        role="predictor",
    ),
]
