"""The parameters of TLS: options, and contexts that are taken as they are."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
from cassandra.cluster import Cluster


class TestTls:
    """`ssl_options`, which become a context that does what they say."""

    def context(self, **options: Any) -> ssl.SSLContext:
        from cassandra._cluster.tls import context_of

        return context_of(options)

    def test_nothing_is_verified_unless_asked(self) -> None:
        assert self.context().verify_mode == ssl.CERT_NONE

    def test_required_means_required(self) -> None:
        """E4 of docs/promises.md."""
        assert self.context(cert_reqs=ssl.CERT_REQUIRED).verify_mode == ssl.CERT_REQUIRED
        assert self.context(cert_reqs=ssl.CERT_NONE).verify_mode == ssl.CERT_NONE

    def test_one_version(self) -> None:
        context = self.context(ssl_version=ssl.PROTOCOL_TLSv1_2)
        assert context.minimum_version == context.maximum_version == ssl.TLSVersion.TLSv1_2

    def test_host_name(self) -> None:
        assert self.context(check_hostname=True, cert_reqs=ssl.CERT_REQUIRED).check_hostname
        with pytest.raises(ValueError, match="check_hostname"):
            self.context(check_hostname=True)

    @pytest.mark.parametrize(
        ("name", "value", "error"),
        [
            ("server_side", True, ValueError),
            ("ssl_version", "x", ValueError),
            ("ssl_version", 99, ValueError),
            ("ssl_version", ssl.PROTOCOL_TLS_SERVER, ValueError),
            ("server_hostname", 5, TypeError),
            ("cert_reqs", "x", ValueError),
        ],
    )
    def test_options_that_cannot_be_obeyed(self, name: str, value: Any, error: type[Exception]) -> None:
        with pytest.raises(error, match=f"ssl_options: {name}"):
            self.context(**{name: value})

    def test_a_server_name_beside_a_context(self) -> None:
        with pytest.raises(TypeError, match="server_hostname"):
            Cluster(ssl_context=ssl.create_default_context(), ssl_options={"server_hostname": 5})

    def test_options_of_wrap_socket_that_change_nothing(self) -> None:
        assert self.context(server_side=False, do_handshake_on_connect=False, suppress_ragged_eofs=True)

    def test_versions_by_number_and_any(self) -> None:
        assert self.context(ssl_version=int(ssl.PROTOCOL_TLSv1_2)).maximum_version == ssl.TLSVersion.TLSv1_2
        assert self.context(ssl_version=ssl.TLSVersion.TLSv1_3).minimum_version == ssl.TLSVersion.TLSv1_3
        for any_version in (None, ssl.PROTOCOL_TLS, ssl.PROTOCOL_TLS_CLIENT):
            assert self.context(ssl_version=any_version).maximum_version == self.context().maximum_version

    def test_a_loud_warning_where_nothing_is_verified(self, caplog: pytest.LogCaptureFixture) -> None:
        with pytest.warns(DeprecationWarning), pytest.warns(UserWarning, match="ssl_options verify nothing") as caught:
            Cluster(ssl_options={})
        assert {warning.filename for warning in caught} == {__file__}
        assert "ssl_options verify nothing" in caplog.text
        caplog.clear()
        with pytest.warns(DeprecationWarning) as only:
            Cluster(ssl_options={"cert_reqs": ssl.CERT_REQUIRED})
        assert len(only) == 1
        assert caplog.text == ""

    def test_bad_options_are_refused_at_once(self) -> None:
        with pytest.warns(DeprecationWarning, match="ssl_options"), pytest.raises(TypeError, match="no_such_option"):
            Cluster(ssl_options={"no_such_option": 1})
        with pytest.warns(DeprecationWarning, match="ssl_options"), pytest.raises(OSError):
            Cluster(ssl_options={"ca_certs": "/no/such/file"})
        with pytest.raises(ValueError, match="keyfile"):
            self.context(keyfile="/no/such/file")

    def test_a_context_is_taken_as_it_is(self) -> None:
        context = ssl.create_default_context()
        assert Cluster(ssl_context=context).ssl_context is context

    def test_options_in_the_place_of_a_context(self) -> None:
        with pytest.warns(DeprecationWarning), pytest.warns(UserWarning, match="verify nothing"):
            cluster = Cluster(ssl_context={"cert_reqs": ssl.CERT_NONE})
        assert cluster.ssl_options == {"cert_reqs": ssl.CERT_NONE}
