use super::*;
use proptest::prelude::*;

fn normal(sql: &str) -> String {
    let mut out = String::from("left over");
    normalise_sql(sql, Quotes::Names, &mut out);
    out
}

fn mysql(sql: &str) -> String {
    let mut out = String::new();
    normalise_sql(sql, Quotes::Text, &mut out);
    out
}

#[test]
fn data_goes_and_names_stay() {
    for (sql, want) in [
        ("SELECT 1", "SELECT ?"),
        ("select  *\n from\tt where a=1  and b = 'x''y' ;", "select * from t where a=? and b = ?"),
        (
            r#"SELECT "p"."id" FROM "p" WHERE ("p"."name" = 'Al');"#,
            r#"SELECT "p"."id" FROM "p" WHERE ("p"."name" = ?)"#,
        ),
        (
            r#"SELECT "a"."x" FROM a JOIN b ON "a"."x" = "b"."y""#,
            r#"SELECT "a"."x" FROM a JOIN b ON "a"."x" = "b"."y""#,
        ),
        (
            r#"SELECT * FROM t WHERE n = "Alice" OR n like "Bob""#,
            "SELECT * FROM t WHERE n = ? OR n like ?",
        ),
        ("SELECT t1.c2, x_3 FROM t1", "SELECT t1.c2, x_3 FROM t1"),
        ("SELECT -1, a - 1, a-1, 1.5e-10, .5, 0xFF, 1::int", "SELECT -?, a - ?, a-?::int"),
        ("WHERE a = -1 AND b > +2 LIMIT 10 OFFSET 20", "WHERE a = ? AND b > ? LIMIT ? OFFSET ?"),
        ("f(:name, @p1, $1, %s, %(id)s, ?, ?2)", "f(?)"),
        ("a::text || b % 2", "a::text || b % ?"),
        ("f(%(first name)s, %(b.c-d)b)", "f(?)"),
        ("SELECT a %(b + 'secret)x'), 'c'", "SELECT a %(b + ?), ?"),
        ("SELECT a %(b)'secret', %(c)s'secret'", "SELECT a %(b)??"),
        ("SELECT a %(", "SELECT a %("),
        ("SELECT 1 -- secret\n, a /* secret */ FROM t # secret", "SELECT ?, a FROM t"),
        ("SELECT j #> '{a}' FROM t", "SELECT j #> ? FROM t"),
        ("SELECT $$it's$$, $tag$ $$ $tag$, 'x'", "SELECT ?"),
        ("SELECT E'x', N'y', date'2020-01-01' FROM `t`", "SELECT ?, date? FROM `t`"),
        ("SELECT é FROM straße WHERE x='é'", "SELECT é FROM straße WHERE x=?"),
        ("", ""),
    ] {
        assert_eq!(normal(sql), want, "{sql}");
    }
    assert_eq!(mysql(r#"SELECT "secret", `a` FROM t"#), "SELECT ?, `a` FROM t");
}

#[test]
fn lists_and_rows_are_folded() {
    for (sql, want) in [
        ("WHERE id IN (1,2, 3)", "WHERE id IN (?)"),
        ("WHERE id in (1)", "WHERE id in (?)"),
        (r#"WHERE id IN ("a", "b")"#, "WHERE id IN (?)"),
        ("INSERT INTO t(a,b) VALUES (1,'x'), (2, 'y'),(3,'z')", "INSERT INTO t(a,b) VALUES (?)"),
        (
            "INSERT INTO t VALUES (1, now()), (2, now()), (NULL, now())",
            "INSERT INTO t VALUES (?, now())",
        ),
        ("INSERT INTO t VALUES (NULL, 'a'), (2, NULL)", "INSERT INTO t VALUES (?)"),
        ("WHERE (a, b) IN ((1,2),(3,4))", "WHERE (a, b) IN ((?))"),
        ("SELECT f(1), f(2)", "SELECT f(?), f(?)"),
        ("WHERE a IS NULL AND b IN (NULL, 1)", "WHERE a IS NULL AND b IN (?)"),
    ] {
        assert_eq!(normal(sql), want, "{sql}");
    }
    let ids: Vec<String> = (0..9000).map(|n| n.to_string()).collect();
    let sql = format!("SELECT a FROM t WHERE id IN ({}) ORDER BY a", ids.join(","));
    assert_eq!(normal(&sql), "SELECT a FROM t WHERE id IN (?) ORDER BY a");
}

#[test]
fn what_cannot_be_understood_ends_the_text() {
    for (sql, want) in [
        ("SELECT 'unterminated secret", "SELECT ?…"),
        (r"SELECT 'a\'b secret', 2 FROM t", "SELECT ?…"),
        ("SELECT \"unterminated secret", "SELECT ?…"),
        ("SELECT $x$ secret", "SELECT ?…"),
        ("SELECT a /* secret", "SELECT a"),
        (r"SELECT 'C:\dir' FROM t", "SELECT ? FROM t"),
    ] {
        assert_eq!(normal(sql), want, "{sql}");
    }
}

#[test]
fn long_queries_are_cut_and_take_no_time() {
    let megabyte = format!("INSERT INTO t VALUES ('{}')", "é".repeat(500_000));
    assert_eq!(normal(&megabyte), "INSERT INTO t VALUES (?…");
    let columns: Vec<String> = (0..90_000).map(|n| format!("column_{n}")).collect();
    let long = normal(&format!("SELECT {} FROM t", columns.join(", ")));
    assert!(long.len() <= OUTPUT_MAX && long.ends_with('…'), "{}", long.len());
    let _ = normal(&"(".repeat(1 << 20));
    let _ = normal(&"(1),".repeat(1 << 18));
    let _ = normal(&"$".repeat(1 << 20));
    let _ = normal(&"$a".repeat(1 << 19));
}

proptest! {
    #[test]
    fn no_literal_is_kept(
        number in 100_000u64.., text in "[a-z ']{0,9}zqx[a-z ',()]{0,9}", noise in ".{0,30}",
    ) {
        let text = text.replace('\'', "''");
        let clean: String = noise.chars().filter(|c| !"'\"\\$`/-#".contains(*c)).collect();
        for sql in [
            format!("SELECT {number}, a FROM t WHERE b = '{text}' AND {clean}"),
            format!("{clean} INSERT INTO t VALUES ({number}, '{text}', 'x'), (1, '{text}')"),
            format!("SELECT a FROM t WHERE b IN ('{text}','{text}', {number}) -- {text}"),
            format!("SELECT a FROM t WHERE b = '{text}"),
        ] {
            let found = normal(&sql);
            prop_assert!(!found.contains("zqx"), "{sql} -> {found}");
            prop_assert!(!found.contains(&number.to_string()), "{sql} -> {found}");
        }
    }

    #[test]
    fn the_same_query_with_other_data_is_the_same_text(
        one in prop::collection::vec(any::<i32>(), 1..9), other in prop::collection::vec(any::<i32>(), 1..9),
        text in "[^'\\\\]{0,20}",
    ) {
        let sql = |ids: &[i32], text: &str| {
            let ids: Vec<String> = ids.iter().map(i32::to_string).collect();
            format!("SELECT * FROM t WHERE a = '{text}' AND id IN ({}) AND c = {}", ids.join(", "), ids[0])
        };
        prop_assert_eq!(normal(&sql(&one, &text)), normal(&sql(&other, "")));
    }

    #[test]
    fn any_text_is_read_and_stays_short(sql in ".{0,300}", quotes in any::<bool>()) {
        let mut out = String::new();
        normalise_sql(&sql, if quotes { Quotes::Names } else { Quotes::Text }, &mut out);
        prop_assert!(out.len() <= OUTPUT_MAX);
    }

    #[test]
    fn what_is_normal_stays_as_it_is(sql in "[acdf0-9 =,()?-]{0,80}") {
        let once = normal(&sql);
        prop_assume!(!once.ends_with('…'));
        prop_assert_eq!(normal(&once), once);
    }
}
