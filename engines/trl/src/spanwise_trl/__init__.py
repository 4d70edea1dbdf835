"""Trains video-language models with the unmodified trainers of TRL on prompts and rewards that Spanwise serves."""

from .compat import declare_torchvision_operators

declare_torchvision_operators()
