//! `FromRow`.

use std::collections::HashMap;

use bytes::Bytes;
use helenus_macros::FromRow;

use super::*;

#[derive(Debug, PartialEq, FromRow)]
#[helenus(crate = crate)]
struct User<'a> {
    id: i32,
    name: &'a str,
    email: Option<String>,
}

const ID: (&str, CqlType) = ("id", CqlType::Int);
const NAME: (&str, CqlType) = ("name", CqlType::Text);
const EMAIL: (&str, CqlType) = ("email", CqlType::Text);

#[test]
fn columns_go_by_name_in_any_order() {
    let dido = User { id: 7, name: "Dido", email: None };
    assert_eq!(Page::new(&[ID, NAME, EMAIL], &[&7, &"Dido", &None::<&str>]).one::<User<'_>>(), dido);
    assert_eq!(Page::new(&[EMAIL, ID, NAME], &[&None::<&str>, &7, &"Dido"]).one::<User<'_>>(), dido);
    let page = Page::new(&[NAME, EMAIL, ID], &[&"Dido", &"d@example.com", &7]);
    assert_eq!(page.one::<User<'_>>().email.as_deref(), Some("d@example.com"));
}

#[test]
fn text_and_blobs_are_borrowed_or_shared() {
    #[derive(FromRow)]
    #[helenus(crate = crate)]
    struct Borrowing<'t, 'b> {
        text: &'t str,
        blob: &'b [u8],
        shared: Bytes,
    }
    let blob = |name| (name, CqlType::Blob);
    let page = Page::new(
        &[("text", CqlType::Text), blob("blob"), blob("shared")],
        &[&"text", &&b"blob"[..], &&b"shared"[..]],
    );
    let row: Borrowing<'_, '_> = page.one();
    let within = page.rows.cells.as_ptr_range();
    assert_eq!((row.text, row.blob, &*row.shared), ("text", &b"blob"[..], &b"shared"[..]));
    for start in [row.text.as_ptr(), row.blob.as_ptr(), row.shared.as_ptr()] {
        assert!(within.contains(&start), "it is a copy");
    }
}

#[test]
fn what_is_missing_extra_or_of_another_type_is_told_before_the_first_row() {
    for (columns, expected) in [
        (
            &[ID, NAME][..],
            "cannot read User.email (Option<String>): the result has no column \"email\"; there is \"id\", \"name\"",
        ),
        (
            &[ID, NAME, EMAIL, ("age", CqlType::Int)],
            "cannot read User: no field is for the column \"age\" (int): select it no longer, or let \
             #[helenus(allow_extra)] pass over it",
        ),
        (
            &[ID, EMAIL, ("name", CqlType::Bigint)],
            "cannot read column \"name\" into User.name (&'a str): a Rust str: the CQL type is bigint",
        ),
        (
            &[ID, NAME, ("email", CqlType::Blob)],
            "cannot read column \"email\" into User.email (Option<String>): a Rust str: the CQL type is blob",
        ),
        // The second of two columns of one name has no field.
        (
            &[ID, NAME, EMAIL, NAME],
            "cannot read User: no field is for the column \"name\" (text): select it no longer, or let \
             #[helenus(allow_extra)] pass over it",
        ),
    ] {
        assert_eq!(Page::empty(columns).refusal::<User<'_>>(), expected);
    }
}

#[test]
fn null_where_no_option_is_names_everyone_and_shows_nothing() {
    let page = Page::new(&[ID, NAME, EMAIL], &[&7, &None::<&str>, &"secret"]);
    let expected = "cannot read column \"name\" into User.name (&'a str): a Rust str: the value is null, which an \
                    Option takes";
    assert_eq!(page.refusal::<User<'_>>(), expected);
}

#[test]
fn attributes_change_names_and_what_must_be_there() {
    fn nobody() -> String {
        "nobody".into()
    }
    #[derive(Debug, PartialEq, FromRow)]
    #[helenus(crate = crate, rename_all = "camelCase", allow_extra)]
    struct Renamed {
        user_id: i32,
        #[helenus(rename = "E-Mail")]
        email: String,
        r#type: i8,
        #[helenus(default)]
        visits: i64,
        #[helenus(default = nobody)]
        owner: String,
        #[helenus(skip)]
        note: Option<u8>,
    }
    let user_id = ("userId", CqlType::Int);
    let email = ("E-Mail", CqlType::Text);
    let kind = ("type", CqlType::Tinyint);
    let expected = |visits, owner: &str| Renamed {
        user_id: 1,
        email: "e".into(),
        r#type: 2,
        visits,
        owner: owner.into(),
        note: None,
    };
    let page = Page::new(&[user_id.clone(), email.clone(), kind.clone()], &[&1, &"e", &2_i8]);
    assert_eq!(page.one::<Renamed>(), expected(0, "nobody"));
    let more = [("visits", CqlType::Bigint), ("note", CqlType::Int), ("owner", CqlType::Text)];
    let [visits, note, owner] = more;
    let all = [visits, user_id.clone(), note, email.clone(), owner, kind.clone()];
    let page = Page::new(&all, &[&3_i64, &1, &9, &"e", &"me", &2_i8]);
    assert_eq!(page.one::<Renamed>(), expected(3, "me"));
    // A default is for what is not there, not for what is wrong or null.
    let page = Page::new(
        &[user_id.clone(), email.clone(), kind.clone(), ("visits", CqlType::Text)],
        &[&1, &"e", &2_i8, &"x"],
    );
    assert!(page.refusal::<Renamed>().contains("Renamed.visits (i64): a Rust i64: the CQL type is text"));
    let page =
        Page::new(&[user_id, email, kind, ("visits", CqlType::Bigint)], &[&1, &"e", &2_i8, &None::<i64>]);
    assert!(page.refusal::<Renamed>().contains("null"));
}

#[test]
fn by_position_names_do_not_count() {
    #[derive(Debug, PartialEq, FromRow)]
    #[helenus(crate = crate)]
    struct Pair<'a>(i32, &'a str);
    #[derive(Debug, PartialEq, FromRow)]
    #[helenus(crate = crate, by = "position")]
    struct Named {
        number: i32,
        #[helenus(skip)]
        skipped: u8,
        text: String,
        #[helenus(default)]
        last: Option<bool>,
    }
    let any = [("count(*)", CqlType::Int), ("count(*)", CqlType::Text)];
    let page = Page::new(&any, &[&1, &"x"]);
    assert_eq!(page.one::<Pair<'_>>(), Pair(1, "x"));
    assert_eq!(page.one::<Named>(), Named { number: 1, skipped: 0, text: "x".into(), last: None });
    let few = Page::empty(&any[..1]).refusal::<Pair<'_>>();
    assert_eq!(few, "cannot read Pair.1 (&'a str): the result has only 1 columns");
    let many = Page::empty(&[any[0].clone(), any[1].clone(), ID]).refusal::<Pair<'_>>();
    assert!(many.starts_with("cannot read Pair: no field is for the column \"id\" (int)"), "{many}");
    let wrong = Page::empty(&[any[1].clone(), any[0].clone()]).refusal::<Pair<'_>>();
    assert!(wrong.contains("into Pair.0 (i32): a Rust i32: the CQL type is text"), "{wrong}");
}

#[test]
fn parts_of_a_row_are_structs_of_their_own() {
    #[derive(Debug, PartialEq, FromRow)]
    #[helenus(crate = crate)]
    struct Place<'a> {
        city: &'a str,
        #[helenus(default)]
        zip: i32,
    }
    #[derive(Debug, PartialEq, FromRow)]
    #[helenus(crate = crate)]
    struct Person<'a, P> {
        #[helenus(flatten)]
        place: P,
        name: &'a str,
    }
    let city = ("city", CqlType::Text);
    let page = Page::new(&[NAME, city.clone()], &[&"Dido", &"Carthage"]);
    let person: Person<'_, Place<'_>> = page.one();
    assert_eq!(person, Person { name: "Dido", place: Place { city: "Carthage", zip: 0 } });
    let page = Page::new(&[("zip", CqlType::Int), NAME, city.clone()], &[&8, &"Dido", &"Carthage"]);
    assert_eq!(page.one::<Person<'_, Place<'_>>>().place.zip, 8);
    let error = Page::empty(&[NAME]).refusal::<Person<'_, Place<'_>>>();
    assert!(error.contains("Place.city (&'a str): the result has no column \"city\""), "{error}");
    let error = Page::empty(&[NAME, city, ID]).refusal::<Person<'_, Place<'_>>>();
    assert!(error.contains("cannot read Person: no field is for the column \"id\""), "{error}");
}

#[test]
fn type_parameters_and_containers() {
    #[derive(Debug, PartialEq, FromRow)]
    #[helenus(crate = crate)]
    struct Generic<T, const N: usize>
    where
        T: Clone,
    {
        one: T,
        many: Vec<Option<T>>,
        fixed: [f32; N],
        named: HashMap<String, (i32, std::net::IpAddr)>,
    }
    let text = || Arc::new(CqlType::Text);
    let pair = CqlType::Tuple([CqlType::Int, CqlType::Inet].into());
    let columns = [
        ("one", CqlType::Text),
        ("many", CqlType::List(text())),
        ("fixed", CqlType::Vector(Arc::new(CqlType::Float), 2)),
        ("named", CqlType::Map(text(), Arc::new(pair))),
    ];
    let named = HashMap::from([("home".to_owned(), (1, std::net::IpAddr::from([127, 0, 0, 1])))]);
    let page = Page::new(&columns, &[&"x", &vec![Some("y"), None], &[1.5_f32, 2.5], &named]);
    let expected =
        Generic { one: "x".to_owned(), many: vec![Some("y".into()), None], fixed: [1.5, 2.5], named };
    assert_eq!(page.one::<Generic<String, 2>>(), expected);
    let wrong = page.refusal::<Generic<i32, 2>>();
    assert!(wrong.contains("column \"one\" into Generic.one (T)"), "{wrong}");
    let wrong = page.refusal::<Generic<String, 3>>();
    assert!(wrong.contains("Generic.fixed ([f32; N]): a Rust array of 3"), "{wrong}");
}

#[test]
fn more_fields_than_fit_without_an_allocation() {
    #[derive(Debug, PartialEq, FromRow)]
    #[helenus(crate = crate)]
    struct Wide {
        a: i32,
        b: i32,
        c: i32,
        d: i32,
        e: i32,
        f: i32,
        g: i32,
        h: i32,
        i: i32,
        j: i32,
        k: i32,
        l: i32,
        m: i32,
        n: i32,
    }
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n"];
    let columns: Vec<_> = names.iter().rev().map(|name| (*name, CqlType::Int)).collect();
    let values: Vec<i32> = (1..=14).rev().collect();
    let cells: Vec<&dyn EncodeValue> = values.iter().map(|value| value as &dyn EncodeValue).collect();
    let wide: Wide = Page::new(&columns, &cells).one();
    assert_eq!((wide.a, wide.g, wide.n), (1, 7, 14));
}

#[test]
fn tuples_are_checked_once_too() {
    let page = Page::new(&[ID, NAME], &[&7, &None::<&str>]);
    assert_eq!(page.one::<(i32, Option<&str>)>(), (7, None));
    assert_eq!(page.refusal::<(i32,)>(), "cannot read rows: the result has 2 columns, 1 are wanted");
    let wrong = "cannot read column \"name\": a Rust i32: the CQL type is text";
    assert_eq!(page.refusal::<(i32, Option<i32>)>(), wrong);
    assert_eq!(Page::empty(&[ID, NAME]).refusal::<(i32, i32)>(), wrong);
    let sixteen = vec![ID; 16];
    let cells = [&7 as &dyn EncodeValue; 16];
    type I = i32;
    let all: (I, I, I, I, I, I, I, I, I, I, I, I, I, I, I, I) = Page::new(&sixteen, &cells).one();
    assert_eq!((all.0, all.15), (7, 7));
    let row: Row<'_> = page.one();
    assert_eq!((row.get_by_name::<i32>("id").unwrap(), row.columns().len()), (7, 2));
    assert!(row.get_by_name::<i32>("no").unwrap_err().to_string().contains("there is no such column"));
}
