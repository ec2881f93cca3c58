"""The settings of networks for images, as families have them beside those for points.

The same names and words in each family, so that values are carried over where one is exchanged for
another: ``image_net``, ``image_critic``, ``image_generator``.
"""

from typing import Annotated

from models.config import param
from models.nets.dcgan import DcganConfig
from models.nets.unet import UNetConfig

__all__ = ["ImageCritic", "ImageGenerator", "ImageNet"]

ImageNet = Annotated[
    UNetConfig,
    param("Network", "The network that is trained, for images.", modalities=("images",)),
]
ImageCritic = Annotated[
    DcganConfig,
    param("Critic", "The network that tells data from particles.", modalities=("images",)),
]
ImageGenerator = Annotated[
    DcganConfig,
    param("Generator", "The network that pushes noise forward.", modalities=("images",)),
]
