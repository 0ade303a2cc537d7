//! The public list as a page to be printed.

use std::fmt::Write as _;

use super::model::PublicList;
use super::rules::escaped;

/// The list as HTML: no script, nothing fetched from elsewhere.
#[must_use]
pub fn html(list: &PublicList) -> String {
    let mut rows = String::new();
    for entry in &list.entries {
        let _ = writeln!(rows, "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", entry.number, escaped(&entry.name), entry.amount);
    }
    format!(
        "<!doctype html>\n<html lang=\"zh-CN\">\n<head><meta charset=\"utf-8\"><meta name=\"robots\" content=\"noindex\"><title>公示 {plan}</title>\n\
         <style>body{{font-family:serif;max-width:48em;margin:2em auto}}table{{border-collapse:collapse;width:100%}}\
         td,th{{border:1px solid #444;padding:.3em;text-align:left}}</style></head>\n<body>\n<h1>公示</h1>\n\
         <p>{federation}：{plan}，共 {count} 笔，合计 {total} 元。</p>\n\
         <p>公示地点：{place}。公示时间：{from} 至 {to}。如有异议，请在公示期内向本单位反映。</p>\n\
         <table>\n<tr><th>序号</th><th>姓名</th><th>金额（元）</th></tr>\n{rows}</table>\n</body>\n</html>\n",
        federation = escaped(&list.federation),
        plan = escaped(&list.plan),
        place = escaped(&list.place),
        count = list.count,
        total = list.total,
        from = list.from_on,
        to = list.ends_on,
    )
}
