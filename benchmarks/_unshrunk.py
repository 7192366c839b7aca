"""A pytest plugin for mutation testing: hypothesis stops at the first failure, for nobody reads the smallest one."""

from hypothesis import Phase, settings

settings.register_profile("unshrunk", deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
