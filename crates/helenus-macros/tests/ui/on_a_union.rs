//! A union has one value in many forms.
use helenus::ToUdt;

#[derive(ToUdt)]
union Number {
    int: i32,
    float: f32,
}

fn main() {}
