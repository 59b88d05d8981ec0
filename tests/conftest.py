"""Laws are told by their values: how long an example takes says how busy the machine is, not whether it is right."""

from hypothesis import HealthCheck, settings
from saltmarsh import built_saltmarsh, saltmarsh_folder, saltmarsh_home  # noqa: F401 (fixtures)

settings.register_profile("holdfast", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("holdfast")
