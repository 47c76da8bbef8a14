# SPDX-License-Identifier: Apache-2.0
"""pymodbus as a client or a server, for group_pymodbus.py; results as JSON lines.

usage: peer_pymodbus.py version | client HOST PORT | server HOST PORT [rtu]
       peer_pymodbus.py serial-client PATH UNIT | serial-server PATH UNIT"""
import json
import sys

import pymodbus
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.constants import Endian
from pymodbus.payload import BinaryPayloadBuilder, BinaryPayloadDecoder

VOLTAGE, UNIT, BAUD = 20, 1, 38400


def decoded(registers):
    return BinaryPayloadDecoder.fromRegisters(registers, byteorder=Endian.Big,
                                              wordorder=Endian.Little).decode_32bit_float()


def ask(link, unit):
    found = {}
    found["voltage"] = decoded(link.read_input_registers(0, 2, slave=unit).registers)
    builder = BinaryPayloadBuilder(byteorder=Endian.Big, wordorder=Endian.Little)
    builder.add_32bit_float(3.625)
    wrote = link.write_registers(VOLTAGE, builder.to_registers(), slave=unit)
    found["wrote"] = not wrote.isError()
    found["read_back"] = decoded(link.read_holding_registers(VOLTAGE, 2, slave=unit).registers)
    found["coil_off"] = not link.write_coil(0, False, slave=unit).isError()
    found["coil"] = link.read_coils(0, 1, slave=unit).bits[0]
    found["discrete"] = link.read_discrete_inputs(0, 1, slave=unit).bits[0]
    wrong = link.read_holding_registers(60000, 1, slave=unit)
    found["exception"] = getattr(wrong, "exception_code", None)
    return found


def client(host, port):
    with ModbusTcpClient(host, port=port) as link:
        found = ask(link, UNIT)
        from pymodbus.mei_message import ReadDeviceInformationRequest
        about = link.execute(ReadDeviceInformationRequest(1, 0, slave=UNIT))
        found["vendor"] = {k: v.decode() for k, v in getattr(about, "information", {}).items()}
    print(json.dumps(found))


def serial_client(path, unit):
    from pymodbus.transaction import ModbusRtuFramer
    with ModbusSerialClient(path, framer=ModbusRtuFramer, baudrate=BAUD) as link:
        print(json.dumps(ask(link, unit)))


def store():
    from pymodbus.datastore import ModbusSequentialDataBlock, ModbusSlaveContext
    builder = BinaryPayloadBuilder(byteorder=Endian.Big, wordorder=Endian.Big)
    builder.add_32bit_float(12.5)
    builder.add_16bit_int(-7)
    builder.add_32bit_uint(70000)
    block = ModbusSequentialDataBlock(0, builder.to_registers() + [0] * 50)
    coils = ModbusSequentialDataBlock(0, [True, False, True] + [False] * 20)
    return ModbusSlaveContext(hr=block, ir=block, co=coils, di=coils, zero_mode=True)


def server(host, port, framer="socket"):
    from pymodbus.datastore import ModbusServerContext
    from pymodbus.server import StartTcpServer
    from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer
    print("ready", flush=True)
    framers = {"socket": ModbusSocketFramer, "rtu": ModbusRtuFramer}
    StartTcpServer(context=ModbusServerContext(slaves=store(), single=True), address=(host, port),
                   framer=framers[framer])


def serial_server(path, unit):
    from pymodbus.datastore import ModbusServerContext
    from pymodbus.server import StartSerialServer
    from pymodbus.transaction import ModbusRtuFramer
    print("ready", flush=True)
    StartSerialServer(context=ModbusServerContext(slaves={unit: store()}, single=False),
                      framer=ModbusRtuFramer, port=path, baudrate=BAUD)


RUNS = {"client": client, "server": server, "serial-client": serial_client,
        "serial-server": serial_server}
if sys.argv[1] == "version":
    print(pymodbus.__version__)
else:
    RUNS[sys.argv[1]](sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
