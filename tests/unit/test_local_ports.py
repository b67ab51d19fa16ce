import socket
from pathlib import Path

import pytest

from deploy.local.ports import PortsTaken, check_ports, pick_ports, ports_of
from deploy.local.settings import LocalSettings
from deploy.local.stack import isolated


def test_picked_ports_differ_and_can_be_bound() -> None:
    ports = pick_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))


def test_isolated_settings_move_every_port(tmp_path: Path) -> None:
    settings = isolated(tmp_path)
    defaults = {port.number for port in ports_of(LocalSettings.model_construct())}
    numbers = [port.number for port in ports_of(settings)]
    assert len(set(numbers)) == len(numbers) == len(defaults)
    assert not defaults & set(numbers)
    check_ports(settings)


def test_a_taken_port_is_named_with_the_setting_that_moves_it(tmp_path: Path) -> None:
    settings = isolated(tmp_path)
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", settings.redis_port))
        tcp.listen()
        udp.bind(("127.0.0.1", settings.livekit_udp_port))
        with pytest.raises(PortsTaken) as caught:
            check_ports(settings)
    message = str(caught.value)
    assert f"tcp port {settings.redis_port} on 127.0.0.1 (redis) is taken" in message
    assert "CALLBOX_REDIS_PORT" in message
    assert f"udp port {settings.livekit_udp_port}" in message
    assert "CALLBOX_LIVEKIT_UDP_PORT" in message
    assert "CALLBOX_POSTGRES_PORT" not in message


def test_two_parts_on_one_port_are_named_together(tmp_path: Path) -> None:
    settings = isolated(tmp_path)
    settings = settings.model_copy(update={"redis_port": settings.postgres_port})
    with pytest.raises(PortsTaken, match=r"given to both CALLBOX_POSTGRES_PORT and CALLBOX_REDIS_PORT"):
        check_ports(settings)


def test_tcp_and_udp_may_share_a_number(tmp_path: Path) -> None:
    settings = isolated(tmp_path)
    check_ports(settings.model_copy(update={"livekit_udp_port": settings.livekit_tcp_port}))


def test_the_local_models_port_is_free_when_another_model_is_used(tmp_path: Path) -> None:
    settings = isolated(tmp_path, llm_url="http://127.0.0.1:9/v1", llm_model="other")
    assert "llm_port" not in {port.setting for port in ports_of(settings)}
