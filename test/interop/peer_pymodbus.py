# SPDX-License-Identifier: Apache-2.0
"""pymodbus as a client or a server, for group_pymodbus.py; results as JSON lines.

usage: peer_pymodbus.py version | client HOST PORT | server HOST PORT [rtu]"""
import json
import sys

import pymodbus
from pymodbus.client import ModbusTcpClient
from pymodbus.constants import Endian
from pymodbus.payload import BinaryPayloadBuilder, BinaryPayloadDecoder

VOLTAGE, UNIT = 20, 1


def decoded(registers):
    return BinaryPayloadDecoder.fromRegisters(registers, byteorder=Endian.Big,
                                              wordorder=Endian.Little).decode_32bit_float()


def client(host, port):
    found = {}
    with ModbusTcpClient(host, port=port) as link:
        found["voltage"] = decoded(link.read_input_registers(0, 2, slave=UNIT).registers)
        builder = BinaryPayloadBuilder(byteorder=Endian.Big, wordorder=Endian.Little)
        builder.add_32bit_float(3.625)
        wrote = link.write_registers(VOLTAGE, builder.to_registers(), slave=UNIT)
        found["wrote"] = not wrote.isError()
        found["read_back"] = decoded(link.read_holding_registers(VOLTAGE, 2, slave=UNIT).registers)
        found["coil_off"] = not link.write_coil(0, False, slave=UNIT).isError()
        found["coil"] = link.read_coils(0, 1, slave=UNIT).bits[0]
        found["discrete"] = link.read_discrete_inputs(0, 1, slave=UNIT).bits[0]
        wrong = link.read_holding_registers(60000, 1, slave=UNIT)
        found["exception"] = getattr(wrong, "exception_code", None)
        from pymodbus.mei_message import ReadDeviceInformationRequest
        about = link.execute(ReadDeviceInformationRequest(1, 0, slave=UNIT))
        found["vendor"] = {k: v.decode() for k, v in getattr(about, "information", {}).items()}
    print(json.dumps(found))


def server(host, port, framer="socket"):
    from pymodbus.datastore import (ModbusSequentialDataBlock, ModbusServerContext,
                                    ModbusSlaveContext)
    from pymodbus.server import StartTcpServer
    from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer
    builder = BinaryPayloadBuilder(byteorder=Endian.Big, wordorder=Endian.Big)
    builder.add_32bit_float(12.5)
    builder.add_16bit_int(-7)
    builder.add_32bit_uint(70000)
    block = ModbusSequentialDataBlock(0, builder.to_registers() + [0] * 50)
    coils = ModbusSequentialDataBlock(0, [True, False, True] + [False] * 20)
    store = ModbusSlaveContext(hr=block, ir=block, co=coils, di=coils, zero_mode=True)
    print("ready", flush=True)
    framers = {"socket": ModbusSocketFramer, "rtu": ModbusRtuFramer}
    StartTcpServer(context=ModbusServerContext(slaves=store, single=True), address=(host, port),
                   framer=framers[framer])


if sys.argv[1] == "version":
    print(pymodbus.__version__)
else:
    {"client": client, "server": server}[sys.argv[1]](sys.argv[2], int(sys.argv[3]),
                                                             *sys.argv[4:])
