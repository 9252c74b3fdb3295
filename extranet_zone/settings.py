"""The registration platform's settings file."""

from typing import Annotated

from pydantic import Field

from extranet_zone.province.settings import ProvinceSettings
from extranet_zone.uplink.settings import UplinkSettings
from kernel.program.settings import ZoneSettings
from kernel.settings import Settings


class AuthoritySettings(Settings):
    """``[authority]``: the registration authority this platform serves, as certificates name it."""

    name: Annotated[str, Field(min_length=2, max_length=40)] = "济源市自然资源和规划局"
    district: Annotated[str, Field(pattern=r"^[0-9]{6}$")] = "419001"
    short_name: Annotated[str, Field(min_length=2, max_length=10)] = "济源市"
    """As it stands in certificate numbers: 豫（2021）济源市不动产权第0000001号."""


class CertificateSettings(Settings):
    """``[certificates]``: where anybody can check one, and whether they are samples (样例)."""

    portal_url: Annotated[str, Field(pattern=r"^https?://[^ ]{1,100}$")]
    sample: bool


class WindowSettings(Settings):
    """``[window]``: from which score on two faces count as one person's."""

    face_threshold: Annotated[float, Field(ge=1, le=100)] = 75


class ExtranetSettings(ZoneSettings):
    """The whole file."""

    authority: AuthoritySettings = AuthoritySettings()
    # Until somebody says otherwise certificates are samples and say so across the page.
    certificates: CertificateSettings = CertificateSettings(
        portal_url="https://localhost", sample=True
    )
    window: WindowSettings = WindowSettings()
    uplink: UplinkSettings | None = None
    province: ProvinceSettings | None = None
    """Without it calls to other authorities wait and say so."""
