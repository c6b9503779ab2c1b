//! How goods names and purposes are read: each rule with what it lets pass and what it must not.

use lvjian::{Classification, Document, Engine, Refusal, TextKind, Verdict};

fn read(engine: &Engine, text: &str, kind: TextKind) -> Classification {
    let document = match kind {
        TextKind::Purpose => Document::purpose(text),
        _ => Document::line(text),
    };
    engine.classify(&document, jiff::civil::date(2026, 11, 22)).unwrap()
}

fn counts(read: &Classification) -> bool {
    matches!(read.verdict, Verdict::Green | Verdict::NeedsEvidence)
}

#[track_caller]
fn all_count(kind: TextKind, texts: &[&str]) {
    let engine = Engine::builtin().unwrap();
    for text in texts {
        let read = read(&engine, text, kind);
        assert!(counts(&read), "{text}: {}", read.reason);
    }
}

#[track_caller]
fn none_counts(kind: TextKind, texts: &[&str]) {
    let engine = Engine::builtin().unwrap();
    for text in texts {
        let read = read(&engine, text, kind);
        assert!(!counts(&read), "{text}: {}", read.reason);
    }
}

#[test]
fn another_thing_behind_a_finished_machine_is_what_is_bought() {
    none_counts(
        TextKind::InvoiceLine,
        &[
            "光伏逆变器 热收缩机",
            "储能电池柜 切片机",
            "加氢机 道闸",
            "电动叉车 货架 20个",
            "风力发电机组 键盘",
            "污水处理设备 冰袋",
            "除尘器 文化衫",
        ],
    );
    let engine = Engine::builtin().unwrap();
    let read = read(&engine, "光伏逆变器 热收缩机", TextKind::InvoiceLine);
    assert!(read.rejected.iter().any(|refused| refused.code == Refusal::OtherHead), "{:?}", read.rejected);
}

#[test]
fn what_describes_a_machine_takes_nothing_away() {
    all_count(
        TextKind::InvoiceLine,
        &[
            "光伏逆变器 阳光电源 110kW",
            "稻壳气化炉 固定床 1MW",
            "布袋除尘器 木工车间",
            "垃圾压缩车 东风底盘",
            "脱硫塔 玻璃钢 砖厂",
            "空气源热泵 浙江泰州 别墅用",
        ],
    );
}

#[test]
fn purposes_have_many_ends() {
    all_count(
        TextKind::Purpose,
        &[
            "分布式光伏电站整改费用",
            "储能电站开工资金",
            "污水处理设施运维验收整改",
            "充电站屋面加固",
            "储能电站配电增容",
            "光伏电站场地租金",
            "新能源汽车购车首付",
            "空气源热泵旺季备货",
            "林下种植棚膜更换",
            "稻渔综合种养道路硬化",
            "秸秆综合利用设备融资租赁",
        ],
    );
    none_counts(
        TextKind::Purpose,
        &[
            "充电站便利店装修及进货",
            "光伏电站保安制服采购",
            "污水处理厂班车租赁",
            "光伏电站招待所装修",
            "风电项目部办公家具采购",
            "污水处理厂广告牌制作",
            "支付风电场征地青苗补偿",
            "太阳能组件场地租金",
        ],
    );
}

#[test]
fn a_plant_put_up_makes_what_it_is_named_after() {
    all_count(TextKind::Purpose, &["新建可降解塑料厂", "再生资源利用厂扩建", "污泥处置厂建设", "有机肥厂扩建项目款"]);
    none_counts(TextKind::Purpose, &["有机肥厂围墙修建", "光伏组件厂食堂建设"]);
}

#[test]
fn what_a_machine_is_bought_to_do_is_no_service_about_it() {
    all_count(TextKind::Purpose, &["购买新能源冷藏车运输海鲜"]);
    none_counts(TextKind::Purpose, &["支付充电桩运输费", "购买电动叉车维修服务", "购买循环水养殖车间塑钢窗户"]);
}

#[test]
fn a_bank_asked_for_a_loan_swallows_no_goods() {
    all_count(TextKind::Purpose, &["为购买节能锅炉向银行申请贷款", "智慧能源管控平台软件采购"]);
}

#[test]
fn a_fee_in_front_or_a_tool_of_one_character_behind_is_what_is_paid() {
    none_counts(
        TextKind::InvoiceLine,
        &["洗车费 新能源车", "加气块 锯 手工", "光伏组件 搬运车 手推", "年检费 电动叉车"],
    );
    all_count(TextKind::InvoiceLine, &["含运费 光伏组件 550W", "安装费 充电桩 7kW"]);
}

#[test]
fn what_a_clause_of_circumstance_tells_is_not_bought() {
    all_count(
        TextKind::Purpose,
        &[
            "灯具更换为LED",
            "车间照明灯具全部更换为LED",
            "燃气锅炉更换为空气能",
            "购买热泵烘干机烘干茶叶",
            "电动叉车租赁公司购设备",
            "新能源物流车租赁公司购车",
            "非金属废料和碎屑加工处理",
            "空气源热泵机组设计销售",
            "装配式医院建设",
            "食品厂支付废水委托处理费",
        ],
    );
    none_counts(
        TextKind::Purpose,
        &[
            "因污水处理不当被罚，借款缴纳罚款",
            "处理废旧物资后购买轿车",
            "变卖废铁后资金用于买房",
            "电镀厂购锌锭，废水处理另有安排",
            "食品厂购面粉，厂内有污水处理设施",
            "印染厂购坯布，废水委托处理",
            "不收购废旧物资",
            "充电站保险费",
            "矿山修复培训班开办",
        ],
    );
    all_count(
        TextKind::InvoiceLine,
        &[
            "变频节能改造 注塑机",
            "割草机 遥控 电动 一级能效",
            "搪瓷拼装罐 沼气工程用",
            "数字孪生工厂软件",
            "老板抽油烟机一级能效变频大吸力油烟机",
        ],
    );
    none_counts(TextKind::InvoiceLine, &["太阳能小车 拼装 儿童", "沼气池 模型"]);
}

#[test]
fn ordinary_goods_behind_a_blank_are_what_is_bought() {
    none_counts(
        TextKind::InvoiceLine,
        &["光伏组件 工作服", "有机肥 电饭煲 4L", "LED灯具 螺丝刀", "竹筷 秋冬保暖内衣", "布袋除尘器 安全帽 红色"],
    );
    none_counts(TextKind::Purpose, &["购买充电桩 沙发"]);
    all_count(TextKind::InvoiceLine, &["光伏组件 屋顶用", "有机肥 果树", "布袋除尘器 木工", "污水处理设备 食堂"]);
}

#[test]
fn a_run_on_shop_title_names_its_goods_first() {
    all_count(
        TextKind::InvoiceLine,
        &[
            "四分类垃圾桶不锈钢户外果皮箱公园环卫街道垃圾分类",
            "空气源热泵商用空气能热水器机组宿舍酒店工厂学校大型",
            "太阳能路灯户外家用庭院灯超亮大功率新农村道路",
            "低温蒸发器 切削液 废水",
            "集气罩 注塑机 废气",
            "离心空压机 一级能效 3级压缩",
        ],
    );
    none_counts(
        TextKind::InvoiceLine,
        &[
            "充电桩保护箱户外防雨配电箱",
            "充电桩户外保护箱防雨立柱落地支架",
            "新能源汽车脚垫专用全包围防水",
            "光伏组件户外清洗维修保养服务公司",
            "太阳能路灯杆热镀锌户外高杆灯臂",
            "布袋除尘器 清洗液",
        ],
    );
}

#[test]
fn later_phrases_fees_and_old_goods_take_the_head() {
    none_counts(
        TextKind::InvoiceLine,
        &[
            "天合 至尊N型 700W 螺丝",
            "阳光电源 SG110CX 说明书",
            "星星充电 7kW 螺丝",
            "光伏组件 550W 工作服",
            "旧LED路灯",
            "光伏组件（旧）",
            "二手秸秆打捆机",
            "LED面板灯 大米",
            "运费 光伏组件",
            "餐费 充电桩项目",
            "押金 新能源汽车",
        ],
    );
    none_counts(TextKind::Purpose, &["收回充电桩货款前采购面料"]);
    all_count(
        TextKind::InvoiceLine,
        &[
            "天合 至尊N型 700W 组件",
            "阳光电源 SG110CX 组串逆变器",
            "超声波热量表 DN65 法兰",
            "脉冲除尘柜 4滤芯",
            "隔音棉 空压机房 吸音",
            "废旧锂电池 回收",
        ],
    );
}

#[test]
fn halves_of_a_name_may_change_places() {
    all_count(
        TextKind::InvoiceLine,
        &["净化器 焊烟 双臂", "焚烧炉 生活垃圾", "布袋除尘器（脉冲）", "竹席 1.8m 送枕套"],
    );
    all_count(
        TextKind::InvoiceLine,
        &["光伏组件(含支架)", "热水器 一级能效2级水效", "地埋式一体化生活污水处理设备农村医院学校小区达标排放"],
    );
    none_counts(
        TextKind::InvoiceLine,
        &[
            "充电桩（维修费）",
            "光伏组件(配件)",
            "充电桩 7kW 维修费",
            "光伏组件 550W 说明书",
            "手机 太阳能",
            "玩具 太阳能",
        ],
    );
    none_counts(TextKind::Purpose, &["老旧水管改造队买皮卡", "光伏安装队买皮卡和工具"]);
    all_count(TextKind::Purpose, &["户用光伏安装队支付安装人工费"]);
}

#[test]
fn a_unit_of_packing_rules_nothing_out() {
    all_count(
        TextKind::InvoiceLine,
        &[
            "水性聚氨酯面漆 20kg/桶",
            "*涂料*水性环氧底漆 25KG/桶",
            "水性丙烯酸面漆 灰 3桶",
            "水性环氧中涂漆 18L桶装",
            "RCO 2万",
            "叠合板 60厚",
        ],
    );
    none_counts(TextKind::InvoiceLine, &["水性面漆桶 20L"]);
}

#[test]
fn shops_pay_wages_and_what_is_sold_off_is_not_bought() {
    none_counts(
        TextKind::Purpose,
        &[
            "LED灯具店房租",
            "电动叉车4S店装修",
            "太阳能热水器店员工工资",
            "太阳能热水器厂工人工资",
            "光伏组件厂购车辆",
            "空气能热水器店支付员工工资",
            "卖掉新能源车，换购商铺首付",
            "卖掉充电桩设备，开饭店",
            "购充电桩所需螺丝",
        ],
    );
    all_count(
        TextKind::Purpose,
        &[
            "太阳能热水器店进货",
            "购充电桩所需资金",
            "采购生产光伏支架所需钢材",
            "林下养鸡购买鸡苗",
            "光伏组件生产基地扩建",
        ],
    );
}

#[test]
fn what_stands_in_front_of_a_vehicle_or_behind_a_blank_may_be_what_is_bought() {
    none_counts(
        TextKind::InvoiceLine,
        &["门把手贴 新能源汽车", "脚垫 纯电动汽车", "加气块 粘结剂", "旧窗户 更换 断桥铝门窗胶条"],
    );
    all_count(
        TextKind::InvoiceLine,
        &["窗户 更换 断桥铝 三玻", "电机 更换 YE5", "五菱 新能源汽车", "加气块 600*240*200"],
    );
}

#[test]
fn wages_of_the_work_and_marks_of_what_is_exchanged_count() {
    all_count(
        TextKind::Purpose,
        &[
            "光伏电站运维人员工资",
            "承接森林抚育项目工资",
            "变压器换一级能效",
            "老旧电机淘汰换永磁电机",
            "环评公司支付检测费",
        ],
    );
    none_counts(
        TextKind::Purpose,
        &["碳资产管理公司支付碳核查人员工资及业务支出", "支付工人工资", "变压器换油", "鞋厂支付工人工资"],
    );
}

#[test]
fn rent_on_an_invoice_is_paid_to_a_lessor() {
    none_counts(TextKind::InvoiceLine, &["*经营租赁*充电站场地租金", "*经营租赁*废品收购站房租"]);
    all_count(TextKind::Purpose, &["光伏电站场地租金"]);
}

#[test]
fn a_blank_before_now_ends_a_clause_and_a_bracket_ends_a_name() {
    none_counts(
        TextKind::Purpose,
        &["原经营废品回收 现转行开饭店", "以前做废纸回收 现开棋牌室", "浙江光伏（台州）有限公司购办公楼"],
    );
    all_count(TextKind::Purpose, &["村集体光伏电站建设（强村公司）", "光伏组件 现货 50块"]);
}

#[test]
fn a_blank_inside_a_name_is_passed_over_in_purposes_too() {
    all_count(TextKind::Purpose, &["退化林 修复", "采购 光伏 组件", "污水 处理 设备 采购", "河道 清淤 工程款"]);
    none_counts(
        TextKind::Purpose,
        &["新能源 汽车 美容店", "太阳能 小区 物业费", "绿色 食品 包装盒", "环保 设备 公司 购 轿车"],
    );
}

#[test]
fn a_small_thing_behind_a_blank_is_bought_and_a_name_may_say_itself_again() {
    none_counts(
        TextKind::InvoiceLine,
        &[
            "垃圾分类亭 监控摄像头",
            "MBR膜 卡箍接头",
            "热泵热水器 温控探头",
            "烟气在线监测 取样探头滤芯",
            "装配式建筑 灌浆套筒 密封塞",
            "空调伴侣2 远程开关空调，节能省电",
        ],
    );
    all_count(
        TextKind::InvoiceLine,
        &["围栏 草原 网围栏", "有机茶 认证 龙井", "开山 BMVF37 永磁", "纽恩泰 3P 空气源", "宇通 ZK6826BEV"],
    );
}

#[test]
fn a_firms_name_drives_no_vehicle_and_former_business_is_over() {
    none_counts(
        TextKind::Purpose,
        &[
            "燃料电池公司买商务车",
            "借款用于归还信用卡，原经营废品收购",
            "仓储光伏组件 仓库租金",
            "光伏施工队买皮卡",
            "光伏板下养鸡的养殖户购买饲料",
        ],
    );
    all_count(
        TextKind::Purpose,
        &["购买燃料电池商务车", "收购旺季资金不足，经营废品收购", "光伏运维队工资", "装几台充电桩对外营业"],
    );
}

#[test]
fn a_name_in_the_tax_label_alone_is_no_name_of_the_goods() {
    let engine = Engine::builtin().unwrap();
    let reading = read(&engine, "*有机肥*收纳箱盖塑料白色", TextKind::InvoiceLine);
    assert!(reading.matches.is_empty() && reading.rejected.is_empty(), "{reading:?}");
    let short = read(&engine, "*空调*格力 大1匹", TextKind::InvoiceLine);
    assert!(!short.matches.is_empty(), "{short:?}");
}
