//! `tollgate catalog`: checking, publishing, showing and comparing catalogs, as an operator sees it.

#![allow(clippy::unwrap_used, reason = "a test that unwraps fails and names the place")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use expect_test::{Expect, expect};
use testkit::TestDatabase;

const AGENCIA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../catalogs/agencia.toml");
const KIPU: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../catalogs/kipu.toml");

/// A folder of catalog files, gone with the test.
struct Files(PathBuf);

impl Files {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(testkit::unique("catalogs"));
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    /// Writes `agencia`, each first text replaced by the second.
    fn agencia(&self, name: &str, changes: &[(&str, &str)]) -> String {
        let changed = |text: String, (written, otherwise): &(&str, &str)| {
            assert!(text.contains(written), "{written}");
            text.replace(written, otherwise)
        };
        let text = changes.iter().fold(fs::read_to_string(AGENCIA).unwrap(), changed);
        self.write(name, &text)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs `tollgate catalog`, on a database or on none.
fn run(database: Option<&TestDatabase>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    command.arg("catalog").args(arguments).env_remove("TOLLGATE_DATABASE_URL").current_dir(std::env::temp_dir());
    if let Some(test) = database {
        command.env("TOLLGATE_DATABASE_URL", &test.url);
    }
    command.output().unwrap()
}

/// What was printed on both streams, without the folders, and the exit code if it is not 0.
fn told(output: &Output, files: &Files) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let code = match output.status.code() {
        Some(0) => String::new(),
        code => format!("exit code {}\n", code.unwrap()),
    };
    let printed = text(&output.stdout) + &text(&output.stderr) + &code;
    let folder = |file: &str| format!("{}/", Path::new(file).parent().unwrap().display());
    printed.replace(&format!("{}/", files.0.display()), "").replace(&folder(AGENCIA), "")
}

fn check(files: &Files, database: Option<&TestDatabase>, arguments: &[&str], expected: Expect) {
    expected.assert_eq(&told(&run(database, arguments), files));
}

#[test]
fn every_fault_of_every_file_is_named_with_its_line_and_field() {
    let files = Files::new();
    let bad =
        files.agencia("bad.toml", &[("\"billing_period\"", "\"week\""), ("month = \"199\"", "month = \"199.999\"")]);
    let worse = files.write("worse.toml", "product = agencia\n");
    let away = files.0.join("away.toml").display().to_string();
    check(
        &files,
        None,
        &["check", &bad, KIPU, &worse, &away],
        expect![[r#"
            kipu.toml: sound, kipu with 4 plans and 3 features
            bad.toml:16: features.whatsapp_messages.window: "week" is not day, month, billing_period or forever
            bad.toml:22: features.ai_runs.window: "week" is not day, month, billing_period or forever
            bad.toml:58: plans[2].price.month: "199.999" has more than 2 decimals
            worse.toml:1: this is not TOML: string values must be quoted, expected literal string
            catalog away.toml cannot be read: No such file or directory (os error 2)
            exit code 1
        "#]],
    );
    check(
        &files,
        None,
        &["check", AGENCIA],
        expect![[r#"
        agencia.toml: sound, agencia with 3 plans and 4 features
    "#]],
    );
}

#[tokio::test]
async fn nothing_is_published_if_one_file_has_a_fault() {
    let (test, files) = (TestDatabase::create().await, Files::new());
    let bad = files.agencia("bad.toml", &[("\"USD\"", "\"PESO\"")]);
    check(
        &files,
        Some(&test),
        &["publish", KIPU, &bad],
        expect![[r#"
        bad.toml:5: currency: currency "PESO" is not an ISO 4217 code such as USD
        nothing was published
        exit code 1
    "#]],
    );
    check(
        &files,
        Some(&test),
        &["show", "kipu"],
        expect![[r#"
        tollgate: product kipu has no published catalog; `tollgate catalog publish FILE` publishes one
        exit code 1
    "#]],
    );
}

#[tokio::test]
async fn a_catalog_is_published_once_and_what_follows_is_told() {
    let (test, files) = (TestDatabase::create().await, Files::new());
    check(
        &files,
        Some(&test),
        &["publish", AGENCIA, KIPU],
        expect![[r#"
        agencia.toml: agencia version 1 is in force
        kipu.toml: kipu version 1 is in force
    "#]],
    );
    check(
        &files,
        Some(&test),
        &["publish", AGENCIA],
        expect![[r#"
        agencia.toml: agencia version 1 is in force, as before
    "#]],
    );
    let dearer = files.agencia("dearer.toml", &[("\"15\"", "\"18\"")]);
    check(
        &files,
        Some(&test),
        &["publish", &dearer],
        expect![[r#"
        dearer.toml: agencia version 2 is in force for whoever subscribes from now on
          `tollgate catalog diff agencia@1 agencia@2` tells what changed
    "#]],
    );
    let smaller = files.agencia("smaller.toml", &[("code = \"starter\"", "code = \"first\"")]);
    check(
        &files,
        Some(&test),
        &["publish", &smaller],
        expect![[r#"
        tollgate: catalog smaller.toml was not published: plan starter of version 2 is missing from the new catalog; keep plan starter in the file, with retired = true if it is no longer sold: subscriptions may be on it
        exit code 1
    "#]],
    );
}

#[tokio::test]
async fn plans_are_shown_side_by_side() {
    let (test, files) = (TestDatabase::create().await, Files::new());
    let everything = files.write("storefront.toml", &example());
    assert!(run(Some(&test), &["publish", AGENCIA, KIPU, &everything]).status.success());
    check(
        &files,
        Some(&test),
        &["show", "agencia"],
        expect![[r#"
        agencia: Agencia / Agency, version 1, the newest

                                                gratis                 starter                  partner
                                                Gratis / Free          Inicial / Starter        Socio / Partner

        price per month     USD                 free                   15.00                    199.00

        ai_runs             per billing period  1                      unlimited                unlimited
        whatsapp_instances  capacity            1                      1                        10
        whatsapp_messages   per billing period  50, then 0.05 credits  2000, then 0.05 credits  50000, then 0.05 credits
                                                each                   each                     each
        white_label         flag                -                      -                        yes

        alerts at               70, 85, 95 %
        referrals               20 %, then 5 % of what was paid without taxes
        credits of commissions  1 for 1 USD
        proration               by the second
        upgrades at             /checkout?plan={plan}
    "#]],
    );
    check(
        &files,
        Some(&test),
        &["show", "kipu", "--version", "1"],
        expect![[r#"
        kipu: Kipu, version 1, the newest

                                             FREE           STARTER            PROFESSIONAL   ENTERPRISE
                                             Gratis / Free  Inicial / Starter  Profesional /  Empresa / Enterprise
                                                                               Professional

        price per month  COP                 free           119900.00          399900.00      1199900.00
        price per month  USD                 free           29.00              99.00          299.00
        trial                                -              14 days            -              -

        recordings       per billing period  10             100                500            2000
        storage_gb       capacity            1              10                 50             200
        users            capacity            1              5                  20             100

        seats        users
        proration    by the second
        upgrades at  /checkout?plan={plan}
    "#]],
    );
    check(
        &files,
        Some(&test),
        &["show", "storefront"],
        expect![[r#"
        storefront: Vitrina / Storefront, version 1, the newest

                                             free           business
                                             Gratis / Free  Empresa / Business

        price per month  CLP                 -              14990
        price per month  USD                 free           15.00
        price per year   CLP                 -              149900
        price per year   USD                 -              150.00
        trial                                -              14 days with a way to
                                                            pay

        ai_tokens        per day             -              500000, settles above
                                                            holds
        messages         per billing period  50             2000, then 0.05 credits
                                                            each, carries over 0 to
                                                            500
        reports          per calendar month  -              100, then CLP 9990 per
                                                            10 or USD 1.5 for 10,
                                                            1.0 for 100, then 0.5
                                                            each on the invoice
        support          config              -              phone
        users            capacity            1              2.5
        white_label      flag                -              yes

        rate limit of ai_tokens    60 per minute, 10 at once
        alerts at                  70, 85, 95 %
        alerts of capacities at    80, 100 %
        alert of credits           below 5.00
        seats                      users
        referrals                  20 %, then 5 % of what was paid without taxes
        commissions wait           14 days
        sponsors may be named for  30 days
        credits of commissions     0.001 for 1 CLP, 1 for 1 USD
        IVA in CL                  19 % in the price, from 2003-10-01
        proration                  by the second
        upgrades at                /checkout?plan={plan}
    "#]],
    );
    check(
        &files,
        Some(&test),
        &["show", "agencia", "--version", "2"],
        expect![[r#"
        tollgate: catalog agencia has no version 2; the newest is 1
        exit code 1
    "#]],
    );

    let json = run(Some(&test), &["show", "agencia", "--json"]);
    let published: domain::catalog::CatalogVersion = serde_json::from_slice(&json.stdout).unwrap();
    let file = domain::catalog::source::read(AGENCIA, &fs::read_to_string(AGENCIA).unwrap()).unwrap();
    assert_eq!((published.version, published.definition), (1, file));
}

/// The catalog in the page of the format: everything a catalog can say.
fn example() -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/catalog.md");
    let page = fs::read_to_string(page).unwrap();
    page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap().to_owned()
}

#[tokio::test]
async fn files_and_published_versions_are_compared_in_words() {
    let (test, files) = (TestDatabase::create().await, Files::new());
    let other = files.agencia(
        "other.toml",
        &[("\"15\"", "\"18\""), ("limit = 50,", "limit = 60,"), ("white_label = true", ""), ("[70, 85, 95]", "[80]")],
    );
    let both = told(&run(None, &["diff", AGENCIA, &other]), &files);
    expect![[r#"
        whole product
          ~ alerts at: 70, 85, 95 % -> 80 %
        plan gratis
          + whatsapp_messages: 50 -> 60
        plan starter
          - price per month in USD: 15.00 -> 18.00
        plan partner
          - white_label: yes -> no
    "#]]
    .assert_eq(&both);
    check(&files, None, &["diff", AGENCIA, AGENCIA, "--exit-code"], expect![""]);

    assert!(run(Some(&test), &["publish", AGENCIA]).status.success());
    let same = |arguments: &[&str]| assert_eq!(told(&run(Some(&test), arguments), &files), both, "{arguments:?}");
    same(&["diff", &other]);
    check(&files, Some(&test), &["diff", AGENCIA], expect![""]);
    assert!(run(Some(&test), &["publish", &other]).status.success());
    same(&["diff", "agencia@1", "agencia@2"]);
    same(&["diff", "agencia@1", "agencia"]);
    same(&["diff", "agencia@1"]);
    same(&["diff", "agencia@1", &other]);
    check(&files, Some(&test), &["diff", "agencia@2", "--exit-code"], expect![""]);
    assert_eq!(run(Some(&test), &["diff", "agencia@1", "--exit-code"]).status.code(), Some(1));
}

#[tokio::test]
async fn what_cannot_be_compared_or_shown_is_named() {
    let (test, files) = (TestDatabase::create().await, Files::new());
    check(
        &files,
        None,
        &["diff", AGENCIA, KIPU],
        expect![[r#"
        tollgate: agencia and kipu are two products; name two catalogs of one
        exit code 1
    "#]],
    );
    check(
        &files,
        Some(&test),
        &["diff", AGENCIA],
        expect![[r#"
        tollgate: product agencia has no published catalog; `tollgate catalog publish FILE` publishes one
        exit code 1
    "#]],
    );
    check(
        &files,
        Some(&test),
        &["diff", "agencia@1"],
        expect![[r#"
        tollgate: product agencia has no published catalog; `tollgate catalog publish FILE` publishes one
        exit code 1
    "#]],
    );
    assert!(run(Some(&test), &["publish", AGENCIA]).status.success());
    check(
        &files,
        Some(&test),
        &["diff", "agencia@7", AGENCIA],
        expect![[r#"
        tollgate: catalog agencia has no version 7; the newest is 1
        exit code 1
    "#]],
    );
}
