"""The messages of google.cloud.bigquery.storage.v1, declared as a table.

Google ships them in a package that takes seconds to import; declared here they take milliseconds. One line a message:
`number name type`, with * for repeated and ? for optional.
Source: the fields' numbers in Google's published storage.proto.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_MESSAGES = """
Int64Value: 1 value int64
Timestamp: 1 seconds int64, 2 nanos int32
Any: 1 type_url string, 2 value bytes
Status: 1 code int32, 2 message string, 3 details *Any
ArrowSchema: 1 serialized_schema bytes
ArrowRecordBatch: 1 serialized_record_batch bytes, 2 row_count int64
ArrowSerializationOptions: 2 buffer_compression int32
AvroSchema: 1 schema string
AvroRows: 1 serialized_binary_rows bytes, 2 row_count int64
ProtoSchema: 1 proto_descriptor bytes
ProtoRows: 1 serialized_rows *bytes
FieldElementType: 1 type int32
TableFieldSchema: 1 name string, 2 type int32, 3 mode int32, 4 fields *TableFieldSchema, 6 description string, \
    7 max_length int64, 8 precision int64, 9 scale int64, 10 default_value_expression string, 11 \
    range_element_type FieldElementType
TableSchema: 1 fields *TableFieldSchema
ReadStream: 1 name string
TableModifiers: 1 snapshot_time Timestamp
TableReadOptions: 1 selected_fields *string, 2 row_restriction string, 3 arrow_serialization_options \
    ArrowSerializationOptions, 5 sample_percentage ?double, 6 response_compression_codec int32
ReadSession: 1 name string, 2 expire_time Timestamp, 3 data_format int32, 4 avro_schema AvroSchema, 5 \
    arrow_schema ArrowSchema, 6 table string, 7 table_modifiers TableModifiers, 8 read_options \
    TableReadOptions, 10 streams *ReadStream, 12 estimated_total_bytes_scanned int64, 13 trace_id string, 14 \
    estimated_row_count int64
CreateReadSessionRequest: 1 parent string, 2 read_session ReadSession, 3 max_stream_count int32, 4 \
    preferred_min_stream_count int32
ReadRowsRequest: 1 read_stream string, 2 offset int64
Progress: 1 at_response_start double, 2 at_response_end double
StreamStats: 2 progress Progress
ReadRowsResponse: 2 stats StreamStats, 3 avro_rows AvroRows, 4 arrow_record_batch ArrowRecordBatch, 6 \
    row_count int64, 7 avro_schema AvroSchema, 8 arrow_schema ArrowSchema, 9 uncompressed_byte_size ?int64
SplitReadStreamRequest: 1 name string, 2 fraction double
SplitReadStreamResponse: 1 primary_stream ReadStream, 2 remainder_stream ReadStream
WriteStream: 1 name string, 2 type int32, 3 create_time Timestamp, 4 commit_time Timestamp, 5 table_schema \
    TableSchema, 7 write_mode int32, 8 location string
CreateWriteStreamRequest: 1 parent string, 2 write_stream WriteStream
ArrowData: 1 writer_schema ArrowSchema, 2 rows ArrowRecordBatch
ProtoData: 1 writer_schema ProtoSchema, 2 rows ProtoRows
MissingValue: 1 key string, 2 value int32
AppendRowsRequest: 1 write_stream string, 2 offset Int64Value, 4 proto_rows ProtoData, 5 arrow_rows ArrowData, \
    6 trace_id string, 7 missing_value_interpretations *MissingValue, 8 default_missing_value_interpretation \
    int32
AppendResult: 1 offset Int64Value
RowError: 1 index int64, 2 code int32, 3 message string
AppendRowsResponse: 1 append_result AppendResult, 2 error Status, 3 updated_schema TableSchema, 4 row_errors \
    *RowError, 5 write_stream string
GetWriteStreamRequest: 1 name string, 3 view int32
BatchCommitWriteStreamsRequest: 1 parent string, 2 write_streams *string
StorageError: 1 code int32, 2 entity string, 3 error_message string
BatchCommitWriteStreamsResponse: 1 commit_time Timestamp, 2 stream_errors *StorageError
FinalizeWriteStreamRequest: 1 name string
FinalizeWriteStreamResponse: 1 row_count int64
FlushRowsRequest: 1 write_stream string, 2 offset Int64Value
FlushRowsResponse: 1 offset int64
"""
_PACKAGE = "sluice.bigquery.storage"
_SCALARS = {
    "double": descriptor_pb2.FieldDescriptorProto.TYPE_DOUBLE,
    "int32": descriptor_pb2.FieldDescriptorProto.TYPE_INT32,
    "int64": descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
    "string": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    "bytes": descriptor_pb2.FieldDescriptorProto.TYPE_BYTES,
}


def _declare() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="sluice/bigquery/storage.proto", package=_PACKAGE, syntax="proto3")
    for line in filter(None, _MESSAGES.replace("\\\n", "").splitlines()):
        name, _, fields = line.partition(":")
        message = file.message_type.add(name=name)
        for entry in fields.split(","):
            number, field_name, kind = entry.split()
            repeated, optional, kind = kind.startswith("*"), kind.startswith("?"), kind.lstrip("*?")
            field = message.field.add(name=field_name, number=int(number), label=3 if repeated else 1)
            if optional:
                field.proto3_optional, field.oneof_index = True, len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{field_name}")
            if kind in _SCALARS:
                field.type = _SCALARS[kind]
            else:
                field.type = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
                field.type_name = f".{_PACKAGE}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    names = [message.name for message in file.message_type]
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in names}


MESSAGES: dict[str, Any] = _declare()
