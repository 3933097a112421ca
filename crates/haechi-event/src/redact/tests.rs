use super::*;
use proptest::prelude::*;

#[test]
fn secrets_in_a_message_are_cut_where_they_stand() {
    for (from, to) in [
        ("login with password=hunter2 ok", "login with password=[cut:key:7] ok"),
        (r#"{"api_key": "abc", "n": 1}"#, r#"{"api_key": "[cut:key:3]", "n": 1}"#),
        ("{'api-key': b'abc', 'n': 1}", "{'api-key': b'[cut:key:3]', 'n': 1}"),
        ("postgres://me:pw@db/x", "postgres://me:[cut:userinfo:2]@db/x"),
        ("got AKIAIOSFODNN7EXAMPLE.", "got [cut:aws:20]."),
        ("paid with 4111-1111-1111-1111!", "paid with [cut:card:19]!"),
        ("card_number: 4111 1111 1111 1111, ok", "card_number: [cut:key:19], ok"),
        ("Bearer abcdefgh1234", "Bearer [cut:bearer:12]"),
        ("Authorization: Basic dXNlcjpwdw==\nHost: x", "Authorization: [cut:key:18]\nHost: x"),
        ("curl -H 'Cookie: a=b; c=d' x", "curl -H 'Cookie: [cut:cookie:8]' x"),
        ("auth=Bearer abc, n=1", "auth=[cut:key:10], n=1"),
        ("password=a,b;c, n=1", "password=[cut:key:5], n=1"),
        ("password=q,n=1", "password=[cut:key:1],n=1"),
        ("(password=q)", "(password=[cut:key:1])"),
        (r#"{"password": "a\"b"}"#, r#"{"password": "[cut:key:4]"}"#),
        ("run --db-password hunter2 -v", "run --db-password [cut:key:7] -v"),
        ("['x', '--password', 'hunter2']", "['x', '--password', '[cut:key:7]']"),
        ("[('Authorization', 'abc def')]", "[('Authorization', '[cut:key:7]')]"),
        ("('password', 'abc'… (9 bytes))", "('password', '[cut:key:3]'… (9 bytes))"),
        ("MiniFieldStorage('password', 'x')", "MiniFieldStorage('password', '[cut:key:1]')"),
        ("credentials: {'a': ['b', 'c)']} end", "credentials: [cut:key:18] end"),
        ("<password>hunter2</password>", "<password>[cut:key:7]</password>"),
        (r#"<input name="password" value="x">"#, r#"<input name="password" value="[cut:key:1]">"#),
        ("name=\"pwd\"\r\n\r\nab c\r\n--b", "name=\"pwd\"\r\n\r\n[cut:key:4]\r\n--b"),
        ("key: -----BEGIN PRIVATE KEY-----\nMII\n", "key: [cut:pem:32]"),
        ("def f(password: str = 'x'):", "def f(password: str = '[cut:key:1]'):"),
        ("password2 := \"x\"", "password2 := \"[cut:key:1]\""),
        ("비밀번호: hunter2", "비밀번호: [cut:key:7]"),
    ] {
        assert_eq!(text(from), to);
    }
}

#[test]
fn literals_of_secret_columns_are_cut_from_statements() {
    for (from, to) in [
        (
            "UPDATE u SET password='it''s' WHERE id=1",
            "UPDATE u SET password='[cut:key:5]' WHERE id=1",
        ),
        ("WHERE u.password = 'x' AND n = 'y'", "WHERE u.password = '[cut:key:1]' AND n = 'y'"),
        ("WHERE password LIKE 'x%'", "WHERE password LIKE '[cut:key:2]'"),
        ("ALTER USER u PASSWORD 'x'", "ALTER USER u PASSWORD '[cut:key:1]'"),
        ("CREATE USER u IDENTIFIED BY 'x'", "CREATE USER u IDENTIFIED BY '[cut:key:1]'"),
        (
            r#"INSERT INTO "u"("email","password","n") VALUES ('a,(b','it''s, x',3), ('c', 'y', 4);"#,
            r#"INSERT INTO "u"("email","password","n") VALUES ('a,(b','[cut:sql:8]',3), ('c', '[cut:sql:1]', 4);"#,
        ),
        (
            "insert into t (token) values (upper('x'))",
            "insert into t (token) values ([cut:sql:10])",
        ),
        ("INSERT INTO t(n) VALUES ('x')", "INSERT INTO t(n) VALUES ('x')"),
        ("INSERT INTO t(password) VALUES (NULL)", "INSERT INTO t(password) VALUES (NULL)"),
    ] {
        assert_eq!(text(from), to);
    }
}

#[test]
fn escapes_hide_nothing() {
    for (from, to) in [
        ("p%61ssword%3Dhunter2", "p%61ssword%3D[cut:key:7]"),
        ("x=%22password%22%3A%22a%22", "x=%22password%22%3A%22[cut:key:1]%22"),
        ("next=%252Flogin%253Ftoken%253Dabc1", "next=%252Flogin%253Ftoken%253D[cut:key:4]"),
        (
            r#"{"body": "{\"password\": \"a\\\"b\"}"}"#,
            r#"{"body": "{\"password\": \"[cut:key:6]\"}"}"#,
        ),
        (r"AKIA\u0049OSFODNN7EXAMPLE", "[cut:aws:25]"),
        ("&quot;token&quot;: &quot;ab1&#61;&quot;", "&quot;token&quot;: &quot;[cut:key:8]&quot;"),
        ("Authorization%3A%20Basic%20dXNlcjpwdw%3D%3D", "Authorization%3A%20[cut:key:24]"),
    ] {
        assert_eq!(text(from), to);
    }
}

#[test]
fn clean_text_is_not_touched() {
    for clean in [
        "Index page requested",
        "order 1234567890123 shipped at 12:30:45",
        "page: 3",
        "GET https://example.org/a?b=c",
        "An exception occurred: division by zero",
        "password: None, token_count=5, session_timeout: 30",
        "jose.exceptions.JWTError: invalid token: signature verification failed",
        "    user = login(name, password=password)",
        "    token = get_token(request)",
        "SELECT auth_user.id FROM auth_user WHERE (auth_user.id = 5)",
        "PWD=/home/app",
    ] {
        assert!(matches!(text(clean), Cow::Borrowed(_)), "{} {clean}", text(clean));
    }
}

#[test]
fn a_secret_is_cut_by_its_name_and_the_rest_is_kept() {
    assert_eq!(query("a=1&password=hunter2&b=2"), "a=1&password=[cut:key:7]&b=2");
    assert_eq!(query("p%61ssword=x&&c"), "p%61ssword=[cut:key:1]&&c");
    assert_eq!(query("password=a;b&x=1;token=c"), "password=[cut:key:3]&x=1;token=[cut:key:1]");
    assert!(matches!(query("a=1&page=2"), Cow::Borrowed(_)));
}

#[test]
fn a_secret_is_cut_by_its_look_also_when_escaped() {
    let jwt = "eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl";
    assert_eq!(query(&format!("x={jwt}")), "x=[cut:jwt:32]");
    assert_eq!(query("n=4111%201111%201111%201111"), "n=[cut:card:25]");
    assert_eq!(query("n=4111+1111+1111+1111"), "n=[cut:card:19]");
    assert_eq!(
        query("u=https%3A%2F%2Fme%3Apw%40host%2F"),
        "u=https%3A%2F%2Fme%3A[cut:userinfo:2]%40host%2F"
    );
}

#[test]
fn a_referrer_loses_its_password_and_its_token() {
    assert_eq!(
        url("http://u:pw@h/p?token=abc#access_token=d"),
        "http://u:[cut:userinfo:2]@h/p?token=[cut:key:3]#access_token=[cut:key:1]"
    );
    assert_eq!(url("http://u:p?w#x@h/p"), "http://u:[cut:userinfo:5]@h/p");
    assert!(matches!(url("http://h/p?q=a"), Cow::Borrowed(_)));
}

#[test]
fn a_pair_is_cut_whole_by_its_name_and_else_by_its_look() {
    assert_eq!(pair("password", "'hunter2'"), "[cut:key:9]");
    assert_eq!(pair("Authorization", "Basic dXNlcjpwdw=="), "[cut:key:18]");
    assert_eq!(pair("Accept", "text/html"), "text/html");
    assert_eq!(pair("tokens", "['a', 'b']"), "[cut:key:10]");
    assert_eq!(pair("note", "Bearer abcdefgh1234"), "Bearer [cut:bearer:12]");
    for (name, value) in [("password", "None"), ("tokens", "5"), ("auth", "<gluon.tools.Auth>")] {
        assert_eq!(pair(name, value), value);
    }
}

#[test]
fn what_was_cut_stays_as_it_is() {
    for once in ["password=[cut:key:7]", "Bearer [cut:bearer:12]", "{'token': '[cut:key:3]'}"] {
        assert_eq!(text(once), once);
        assert_eq!(query(once), once);
    }
    assert_eq!(text("password=[cut:key:7]x"), "password=[cut:key:12]");
}

#[test]
fn a_text_that_is_too_long_ends_between_words() {
    assert_eq!(head("one two", 7), "one two");
    assert_eq!(head("one two", 3), "one");
    assert_eq!(head("a=1&token=sk_live_x", 16), "a=1&");
    assert_eq!(head("한국 글글글", 12), "한국 ");
    let unbroken = "x".repeat(4000);
    assert_eq!(head(&unbroken, 2000).len(), 2000);
    let line = format!("{} ghp_{}", "x ".repeat(20), "a1".repeat(18));
    for max in 0..line.len() {
        assert!(!text(head(&line, max)).contains("ghp_"), "{max}");
    }
}

fn of(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_folders_own_rules_come_on_top() {
    let rules = Rules::standard().with_keys(&of(&["internal_ref"])).unwrap();
    let rules = rules.with_patterns(&of(&["ACME-[0-9]{8}", r"(?i)\bkst\d+"])).unwrap();
    let rules = rules.with_allowed(&of(&["csrf_token"])).unwrap();
    let rules = rules.with_allowed_patterns(&of(&["4111-1111-1111-1111"])).unwrap();
    for (from, to) in [
        ("X-Internal-Ref: a1", "X-Internal-Ref: [cut:key:2]"),
        ("internalRef=a1", "internalRef=[cut:key:2]"),
        ("for ACME-12345678 now", "for [cut:pattern1:13] now"),
        ("한KST1글", "한[cut:pattern2:4]글"),
        ("csrf_token=abc my_csrf_token=abc", "csrf_token=abc my_csrf_token=[cut:key:3]"),
        ("4111-1111-1111-1111", "4111-1111-1111-1111"),
        ("password=x", "password=[cut:key:1]"),
    ] {
        assert_eq!(rules.text(from), to);
    }
    assert_eq!(rules.query("q=ACME%2D12345678"), "q=[cut:pattern1:15]");
}

#[test]
fn each_of_many_patterns_is_found_and_told_by_its_number() {
    let many: Vec<_> = (0..64).map(|n| format!("[A-Z]{{3}}{n:02}[0-9]{{4}}")).collect();
    let rules = Rules::standard().with_patterns(&many).unwrap();
    assert!(rules.has_patterns() && !Rules::standard().has_patterns());
    for n in 0..64 {
        let found = rules.text(&format!("for ABC{n:02}1234.")).into_owned();
        assert_eq!(found, format!("for [cut:pattern{}:9].", n + 1));
    }
    assert!(matches!(rules.text("for ABC641234."), Cow::Borrowed(_)));
}

#[test]
fn rules_that_cannot_be_used_are_refused_by_name() {
    let pattern = |p: &str| Rules::standard().with_patterns(&of(&[p])).unwrap_err().to_string();
    assert!(pattern("a[").contains("a["), "{}", pattern("a["));
    assert!(pattern("x*").contains("empty"));
    assert!(pattern(&"a".repeat(600)).contains("too long"));
    assert!(pattern("(a{1000}){1000}").contains("a{1000}"));
    let key = Rules::standard().with_keys(&of(&["--"])).unwrap_err().to_string();
    assert!(key.contains("--"), "{key}");
    let many = vec!["a".to_owned(); 65];
    assert!(Rules::standard().with_keys(&many).unwrap_err().to_string().contains("65"));
}

proptest! {
    #[test]
    fn any_text_is_taken_without_panic(input in "\\PC{0,80}|[a-z:/@=\"' 0-9-]{0,80}|[%&\\\\#;u0-9a-f{}\\[\\]<>(),'\" =:/@$-]{0,80}") {
        let once = text(&input).into_owned();
        let _ = query(&input);
        let _ = url(&input);
        let _ = pair(&input, &input);
        for max in 0..input.len() {
            prop_assert!(head(&input, max).len() <= max);
        }
        prop_assert!(once.len() <= input.len() + 40 * (1 + input.len()));
        let cuts = rules().cuts(&input);
        for cut in &cuts {
            prop_assert!(input.is_char_boundary(cut.start) && input.is_char_boundary(cut.end()));
        }
        prop_assert!(cuts.windows(2).all(|two| two[0].end() <= two[1].start));
    }
}
