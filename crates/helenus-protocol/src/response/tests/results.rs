//! RESULT: every kind in every version, and pages that lie.

use std::sync::Arc;

use super::*;
use crate::types::CqlType;

fn column(table: &str, name: &str, cql_type: CqlType) -> ColumnSpec {
    ColumnSpec { keyspace: "k".into(), table: table.into(), name: name.into(), cql_type }
}

pub(super) fn two_columns() -> Arc<RowsMetadata> {
    Arc::new(RowsMetadata {
        columns: vec![column("t", "a", CqlType::Int), column("t", "b", CqlType::List(CqlType::Text.into()))],
    })
}

#[test]
fn rows() {
    let metadata = two_columns();
    let mut rows = RawRows::from_rows(
        Arc::clone(&metadata),
        [[Some(&[0, 0, 0, 1][..]), None], [Some(&[][..]), Some(&[9][..])]],
    )
    .unwrap();
    let cells = "00000004 00000001 FFFFFFFF 00000000 00000001 09";
    let columns = "\"k \"t \"a 0009 \"b 0020 000D";
    for version in ProtocolVersion::ALL {
        assert_message(
            version,
            Message::Result(ResultMessage::Rows(rows.clone())),
            &format!("00000002 00000001 00000002 {columns} 00000002 {cells}"),
        );
        let mut page = rows.clone();
        page.paging_state = Some(Bytes::from_static(&[0xAA, 0xBB]));
        assert_message(
            version,
            Message::Result(ResultMessage::Rows(page.clone())),
            &format!("00000002 00000003 00000002 00000002 AABB {columns} 00000002 {cells}"),
        );
        page.metadata = None;
        for (global_table_spec, flags) in [(true, "07"), (false, "06")] {
            page.global_table_spec = global_table_spec;
            assert_message(
                version,
                Message::Result(ResultMessage::Rows(page.clone())),
                &format!("00000002 000000{flags} 00000002 00000002 AABB 00000002 {cells}"),
            );
        }
        assert_eq!(page.resolve_metadata(Some(&metadata)), Ok(&metadata));
        assert!(page.resolve_metadata(None).is_err());
        let other = Arc::new(RowsMetadata { columns: vec![column("t", "a", CqlType::Int)] });
        assert!(page.resolve_metadata(Some(&other)).unwrap_err().to_string().contains("2 columns"));
    }
    rows.new_metadata_id = Some(Bytes::from_static(&[0xCC]));
    assert_message(
        V5,
        Message::Result(ResultMessage::Rows(rows.clone())),
        &format!("00000002 00000009 00000002 0001 CC {columns} 00000002 {cells}"),
    );
    assert!(
        Response::from(Message::Result(ResultMessage::Rows(rows.clone())))
            .encode(V4, &mut Writer::new(&mut Vec::new()))
            .is_err()
    );

    let read: Vec<Vec<_>> = rows.rows().map(|row| row.unwrap().collect()).collect();
    assert_eq!(read, [[Some(&[0, 0, 0, 1][..]), None], [Some(&[][..]), Some(&[9][..])]]);
    assert_eq!(rows.rows().size_hint(), (1, Some(2)));
    assert_eq!(rows.rows().next().unwrap().unwrap().len(), 2);

    // One may go on where another has stopped, and a position of elsewhere is harmless.
    let mut first = rows.rows();
    first.next();
    let second: Vec<Vec<_>> = rows.rows_at(first.position()).map(|row| row.unwrap().collect()).collect();
    assert_eq!(second, [[Some(&[][..]), Some(&[9][..])]]);
    let other = RawRows::from_rows(two_columns(), [[Some([1]), None]]).unwrap();
    assert!(other.rows_at(first.position()).all(|row| row.is_err()));
    first.next();
    assert!(rows.rows_at(first.position()).next().is_none());
}

#[test]
fn columns_of_several_tables_are_named_each() {
    let metadata = Arc::new(RowsMetadata {
        columns: vec![column("t", "a", CqlType::Int), column("u", "a", CqlType::Int)],
    });
    let rows = RawRows::from_rows(Arc::clone(&metadata), Vec::<Vec<Option<Vec<u8>>>>::new()).unwrap();
    assert_message(
        V4,
        Message::Result(ResultMessage::Rows(rows)),
        "00000002 00000000 00000002 \"k \"t \"a 0009 \"k \"u \"a 0009 00000000",
    );
    // Names that come again are not stored again.
    let hex = "00000002 00000000 00000002 \"k \"t \"a 0009 \"k \"t \"b 0009 00000000";
    let decoded = decode(V4, Flags::empty(), ResponseOpcode::Result, &bytes(hex)).unwrap();
    let Message::Result(ResultMessage::Rows(rows)) = decoded.message else { unreachable!() };
    let columns = &rows.metadata.unwrap().columns;
    assert!(Arc::ptr_eq(&columns[0].table, &columns[1].table));
}

/// W5 of docs/promises.md.
#[test]
fn rows_that_lie_are_refused() {
    let refused = |version, hex: &str, why: &str| assert_refused(version, ResponseOpcode::Result, hex, why);
    refused(V4, "00000006", "there is no kind 0x6");
    refused(V4, "00000002 00000008 00000000", "0x8 is unknown");
    refused(V5, "00000002 00000010 00000000", "0x10 is unknown");
    refused(V4, "00000002 00000001 7FFFFFFF \"k \"t", "columns");
    refused(V4, "00000002 00000001 FFFFFFFF \"k \"t", "columns");
    refused(V4, "00000002 00000004 7FFFFFFF 00000000", "columns");
    refused(V4, "00000002 00000004 00000001 7FFFFFFF 00000000", "rows");
    refused(V4, "00000002 00000004 00000001 FFFFFFFF", "rows");
    refused(V4, "00000002 00000004 00000000 00000001", "without any column");
    refused(V4, "00000002 00000006 00000001 FFFFFFFF 00000000", "paging state");
    refused(V4, "00000002 00000001 00000001 \"k \"t \"c 00FF 00000000", "column 0 (\"c\")");
    // The cells: null is -1 and nothing else, and none goes beyond the end.
    refused(V4, "00000002 00000004 00000001 00000001 FFFFFFFE", "there is no length -2");
    refused(V4, "00000002 00000004 00000001 00000001 00000002 00", "cell");
}

#[test]
fn after_a_wrong_cell_there_are_no_more_rows() {
    let hex = "00000002 00000004 00000001 00000003 00000000 80000000 00000000";
    let body = Bytes::from(bytes(hex));
    let response = Response::decode(V4, Flags::empty(), ResponseOpcode::Result, &body).unwrap();
    let Message::Result(ResultMessage::Rows(rows)) = response.message else { unreachable!() };
    let outcome: Vec<_> = rows.rows().map(|row| row.is_ok()).collect();
    assert_eq!(outcome, [true, false]);
}

#[test]
fn only_rows_of_the_right_width_are_built() {
    let metadata = two_columns();
    assert!(RawRows::from_rows(Arc::clone(&metadata), [vec![Some([1_u8])]]).is_err());
    assert!(RawRows::from_rows(metadata, [vec![Some([1_u8]); 3]]).is_err());
    assert!(RawRows::from_rows(Arc::default(), [Vec::<Option<[u8; 1]>>::new()]).is_err());
}

#[test]
fn the_other_results() {
    for version in ProtocolVersion::ALL {
        assert_message(version, Message::Result(ResultMessage::Void), "00000001");
        assert_message(version, Message::Result(ResultMessage::SetKeyspace("k".into())), "00000003 \"k");
        for (change, hex) in schema_changes() {
            let message = Message::Result(ResultMessage::SchemaChange(change));
            assert_message(version, message, &format!("00000005 {hex}"));
        }
    }
}

#[test]
fn prepared() {
    let mut prepared = Prepared {
        id: Bytes::from_static(&[1, 2]),
        result_metadata_id: None,
        bind: BindMetadata { columns: two_columns().columns.clone(), partition_key_indexes: vec![] },
        result: Some(two_columns()),
    };
    let columns = "\"k \"t \"a 0009 \"b 0020 000D";
    let case = |version, prepared: &Prepared, hex: &str| {
        assert_message(version, Message::Result(ResultMessage::Prepared(prepared.clone())), hex);
    };
    let result = format!("00000001 00000002 {columns}");
    case(V3, &prepared, &format!("00000004 0002 0102 00000001 00000002 {columns} {result}"));
    prepared.bind.partition_key_indexes = vec![1, 0];
    let bind = format!("00000001 00000002 00000002 0001 0000 {columns}");
    case(V4, &prepared, &format!("00000004 0002 0102 {bind} {result}"));
    let message = Message::Result(ResultMessage::Prepared(prepared.clone()));
    assert!(Response::from(message).encode(V5, &mut Writer::new(&mut Vec::new())).is_err());
    prepared.result_metadata_id = Some(Bytes::from_static(&[3]));
    case(V5, &prepared, &format!("00000004 0002 0102 0001 03 {bind} {result}"));

    // A statement without markers or rows.
    prepared.bind = BindMetadata::default();
    prepared.result = None;
    case(V5, &prepared, "00000004 0002 0102 0001 03 00000000 00000000 00000000 00000004 00000000");

    let refused = |hex: &str, why: &str| assert_refused(V4, ResponseOpcode::Result, hex, why);
    refused("00000004 0000 00000002 00000000 00000000", "0x2 is unknown");
    refused("00000004 0000 00000001 7FFFFFFF 00000000", "columns");
    refused("00000004 0000 00000001 00000001 7FFFFFFF \"k \"t \"a 0009", "partition key indexes");
    refused("00000004 0000 00000001 00000001 00000001 0001 \"k \"t \"a 0009", "no bind marker 1 among 1");
}

#[test]
fn a_page_of_nothing_but_types_is_refused() {
    // Tuples of 65,535 ints, more than 8 MiB of them; each int is an `[option]` of two bytes.
    let tuple = [&[0x00, 0x31, 0xFF, 0xFF][..], &[0x00, 0x09].repeat(65_535)].concat();
    let page = |columns: usize| {
        let column = [&bytes("\"c")[..], &tuple].concat();
        let mut body = bytes(&format!("00000002 00000001 {columns:08X} \"k \"t"));
        body.extend(column.repeat(columns));
        body.extend([0; 4]);
        decode(V4, Flags::empty(), ResponseOpcode::Result, &body)
    };
    assert!(page(63).is_ok());
    let error = page(65).unwrap_err().to_string();
    assert!(error.contains("8388608 bytes are believed"), "{error}");
}

/// A page without its description is read in one way where nothing else stands in front of it, and in another where
/// something may: both say the same of whatever is sent.
#[test]
fn a_page_without_description_is_read_alike_in_both_ways() {
    let page = |kind: i32, flags: i32, columns: i32, rows: i32, cells: &[u8]| {
        let numbers = [kind, flags, columns, rows].map(i32::to_be_bytes).concat();
        Bytes::from([&numbers[..], cells].concat())
    };
    let cells = [0, 0, 0, 1, 7, 0xFF, 0xFF, 0xFF, 0xFF];
    let mut pages: Vec<_> = [4, 5].iter().map(|flags| page(2, *flags, 2, 1, &cells)).collect();
    pages.extend([
        page(2, 4, 1, 0, &[]),
        page(2, 4, 1, 2, &cells),
        page(2, 4, 0, 0, &[]),
        page(2, 4, 0, 1, &cells),
    ]);
    pages.extend([page(2, 4, 2, 2, &cells), page(2, 4, -1, 1, &cells), page(2, 4, 1, -1, &cells)]);
    pages.extend([
        page(2, 4, i32::MAX, 1, &cells),
        page(2, 4, i32::MAX, i32::MAX, &cells),
        page(2, 4, 1 << 17, 0, &[]),
    ]);
    pages.extend([page(2, 4, (1 << 17) + 1, 0, &[]), page(2, 0x20, 1, 1, &cells), page(2, 6, 1, 1, &cells)]);
    pages.extend((0..25).map(|length| page(2, 4, 2, 1, &cells).slice(..length)));
    for body in pages {
        let direct = ResultMessage::decode_body(V5, body.clone());
        let other = Response::decode(V5, Flags::empty(), ResponseOpcode::Result, &body);
        match (direct, other) {
            (Ok(direct), Ok(other)) => assert_eq!(Message::Result(direct), other.message, "{body:?}"),
            (Err(direct), Err(other)) => assert_eq!(direct, other, "{body:?}"),
            (direct, other) => panic!("{body:?}: {direct:?} and {other:?}"),
        }
    }
    assert!(RawRows::decode_body(V5, Bytes::from_static(&[0, 0, 0, 1])).is_err());
    assert_eq!(ResultKind::of_body(&[0, 0, 0, 5, 9]), Ok(ResultKind::SchemaChange));
    assert!(ResultKind::of_body(&[0, 0, 0, 6]).is_err() && ResultKind::of_body(&[0, 0, 0]).is_err());
}
